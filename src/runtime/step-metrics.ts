import type { Region, StepContext } from './operator.js'

/** Counts of one step; plain data, so that a worker can send it to the main thread. */
export interface StepCount {
  itemsIn: number
  itemsOut: number
  dropped: Record<string, number>
  /** Items that were kept with a reservation, by reason. */
  flagged: Record<string, number>
  /** Milliseconds that the step took, including waiting for its own promises. */
  workMs: number
  /** Milliseconds that its inputs waited: for a worker, a slot, or free capacity of a sink. */
  waitMs: number
}

/** Counts of one step for one value of the source. */
export interface StepMetrics extends StepCount {
  /** Examples of dropped and of flagged items: reason and box. */
  readonly examples: { readonly reason: string; readonly region: Region }[]
}

export const emptyCount = (): StepCount => ({
  ...{ itemsIn: 0, itemsOut: 0, workMs: 0, waitMs: 0 },
  ...{ dropped: {}, flagged: {} },
})
export const emptyMetrics = (): StepMetrics => ({ ...emptyCount(), examples: [] })

export function addCount(total: StepCount, more: StepCount): void {
  total.itemsIn += more.itemsIn
  total.itemsOut += more.itemsOut
  total.workMs += more.workMs
  total.waitMs += more.waitMs
  addReasons(total.dropped, more.dropped)
  addReasons(total.flagged, more.flagged)
}

function addReasons(total: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [reason, n] of Object.entries(more)) total[reason] = (total[reason] ?? 0) + n
}

/** Adds to the total of one step; creates it if missing. */
export function addCountOf(totals: Map<string, StepCount>, step: string, more: StepCount): void {
  const total = totals.get(step) ?? emptyCount()
  totals.set(step, total)
  addCount(total, more)
}

/** Runs a step once and adds its counts to `total`: those it reported, else one item in and its outputs out. */
export async function counted<Out>(
  total: StepMetrics,
  call: (context: StepContext) => readonly Out[] | Promise<readonly Out[]>,
): Promise<readonly Out[]> {
  let own = false
  let reported = false
  const context: StepContext = {
    drop(reason, count = 1, example) {
      reported = true
      if (count > 0) addReasons(total.dropped, { [reason]: count })
      if (example !== undefined) total.examples.push({ reason, region: example })
    },
    flag(reason, count = 1, example) {
      if (count > 0) addReasons(total.flagged, { [reason]: count })
      if (example !== undefined) total.examples.push({ reason, region: example })
    },
    count(itemsIn, itemsOut) {
      own = true
      total.itemsIn += itemsIn
      total.itemsOut += itemsOut
    },
  }
  const outputs: unknown = await call(context)
  if (!Array.isArray(outputs))
    throw new TypeError(`a step must return an array of outputs, not ${typeof outputs}`)
  if (!own) {
    total.itemsIn += 1
    total.itemsOut += outputs.length
  }
  // Nothing disappears without a count, even where a step forgot the reason.
  if (outputs.length === 0 && !own && !reported) context.drop('unspecified')
  return outputs
}

/** Share of each step in the total work, 0 to 1, without the source, which only waits. */
export function sharesOf(steps: ReadonlyMap<string, Readonly<StepCount>>): ReadonlyMap<string, number> {
  const [source] = steps.keys()
  const worked = [...steps].filter(([name]) => name !== source)
  const total = worked.reduce((sum, [, { workMs }]) => sum + workMs, 0)
  return new Map(worked.map(([name, { workMs }]) => [name, total === 0 ? 0 : workMs / total]))
}
