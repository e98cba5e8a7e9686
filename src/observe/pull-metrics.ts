import { Counter, Gauge, type Registry } from 'prom-client'
import type { RunView } from './run-observer.js'

export type Sample = readonly [value: number, labels: Record<string, string>]

/** A series, or several that differ in their labels, read from a run at the moment when somebody asks. */
export interface Reading {
  readonly kind: 'counter' | 'gauge'
  readonly name: string
  /** For a person: what it is, and its unit. */
  readonly help: string
  readonly labelNames: readonly string[]
  readonly read: (view: RunView) => number | readonly Sample[]
}

const reading =
  (kind: Reading['kind']) =>
  (name: string, help: string, read: Reading['read'], ...labelNames: string[]): Reading => ({
    kind,
    name,
    help,
    read,
    labelNames,
  })
export const counter = reading('counter')
export const gauge = reading('gauge')

/**
 * Puts a reading into a registry, to be read when somebody asks; before there is a view it is 0 or, with labels,
 * not there. A counter cannot be set: it is emptied and counted up to where the run is, which a scrape cannot
 * tell from one that has been counting all along.
 */
export function register(
  { kind, name, help, labelNames, read }: Reading,
  view: () => RunView | undefined,
  registry: Registry,
): void {
  const samples = (): readonly Sample[] => {
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
        for (const [value, labels] of samples()) this.inc(labels, value)
      },
    })
  } else {
    new Gauge({
      ...about,
      collect() {
        this.reset()
        for (const [value, labels] of samples()) this.set(labels, value)
      },
    })
  }
}
