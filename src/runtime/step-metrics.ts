import type { Region, StepContext } from './operator.js'

/** What one step did with some inputs; plain data, so that a worker can send it home. */
export interface StepCount {
  itemsIn: number
  itemsOut: number
  dropped: Record<string, number>
  /** Milliseconds that the step took, waiting for its own promises included. */
  workMs: number
  /** Milliseconds for which its inputs waited for it: for a worker, a slot, or room in a sink. */
  waitMs: number
}

/** What a step did with what came from one value of the source. */
export interface StepMetrics extends StepCount {
  /** Some of what it dropped: why, and where. */
  readonly examples: { readonly reason: string; readonly region: Region }[]
}

export const emptyCount = (): StepCount => ({ itemsIn: 0, itemsOut: 0, dropped: {}, workMs: 0, waitMs: 0 })
export const emptyMetrics = (): StepMetrics => ({ ...emptyCount(), examples: [] })

export function addCount(total: StepCount, more: StepCount): void {
  total.itemsIn += more.itemsIn
  total.itemsOut += more.itemsOut
  total.workMs += more.workMs
  total.waitMs += more.waitMs
  for (const [reason, n] of Object.entries(more.dropped))
    total.dropped[reason] = (total.dropped[reason] ?? 0) + n
}

/** Adds to the total of one step, which begins with its first count. */
export function addCountOf(totals: Map<string, StepCount>, step: string, more: StepCount): void {
  const total = totals.get(step) ?? emptyCount()
  totals.set(step, total)
  addCount(total, more)
}

/**
 * Runs a step once and adds what it did to `total`: items by its own count, or one in and as many out as
 * it returned.
 */
export async function counted<Out>(
  total: StepMetrics,
  call: (context: StepContext) => readonly Out[] | Promise<readonly Out[]>,
): Promise<readonly Out[]> {
  let own = false
  const context: StepContext = {
    drop(reason, count = 1, example) {
      if (count > 0) total.dropped[reason] = (total.dropped[reason] ?? 0) + count
      if (example !== undefined) total.examples.push({ reason, region: example })
    },
    count(itemsIn, itemsOut) {
      own = true
      total.itemsIn += itemsIn
      total.itemsOut += itemsOut
    },
  }
  const outputs = await call(context)
  if (!own) {
    total.itemsIn += 1
    total.itemsOut += outputs.length
  }
  return outputs
}

/** Share of each step in the work of all, 0 to 1; the source, which only waits, has none. */
export function sharesOf(steps: ReadonlyMap<string, Readonly<StepCount>>): ReadonlyMap<string, number> {
  const [source] = steps.keys()
  const worked = [...steps].filter(([name]) => name !== source)
  const total = worked.reduce((sum, [, { workMs }]) => sum + workMs, 0)
  return new Map(worked.map(([name, { workMs }]) => [name, total === 0 ? 0 : workMs / total]))
}
