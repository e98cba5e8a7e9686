import { Counter, Gauge, type Registry } from 'prom-client'
import type { RunView } from './run-observer.js'

/** One value of a series, with its labels. */
export type Measurement = readonly [value: number, labels: Record<string, string>]

/** A metric that is read from the run at each scrape. */
export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge'
  readonly name: string
  /** Description and unit. */
  readonly help: string
  readonly labelNames: readonly string[]
  readonly read: (view: RunView) => number | readonly Measurement[]
}

const definition =
  (kind: MetricDefinition['kind']) =>
  (
    name: string,
    help: string,
    read: MetricDefinition['read'],
    ...labelNames: string[]
  ): MetricDefinition => ({
    kind,
    name,
    help,
    read,
    labelNames,
  })
export const counter = definition('counter')
export const gauge = definition('gauge')

/**
 * Registers a metric that is read at each scrape. Without a view it is 0 or, with labels, missing. prom-client cannot
 * set a counter, so it is reset and incremented to the current value.
 */
export function register(
  { kind, name, help, labelNames, read }: MetricDefinition,
  view: () => RunView | undefined,
  registry: Registry,
): void {
  const measure = (): readonly Measurement[] => {
    const seen = view()
    const values = seen === undefined ? [] : read(seen)
    return typeof values === 'number' ? [[values, {}]] : values
  }
  const about = { name, help, labelNames: [...labelNames], registers: [registry] }
  if (kind === 'counter') {
    new Counter({
      ...about,
      collect() {
        this.reset()
        for (const [value, labels] of measure()) this.inc(labels, value)
      },
    })
  } else {
    new Gauge({
      ...about,
      collect() {
        this.reset()
        for (const [value, labels] of measure()) this.set(labels, value)
      },
    })
  }
}
