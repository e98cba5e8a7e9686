import { isImageFile } from '../types.js'
import type { Operator, Step } from './operator.js'
import { counted, type StepMetrics } from './step-metrics.js'

/** Operators that share one hand-off: what one of them returns, the next takes, on the same thread. */
export type Stage = readonly Operator<never, unknown>[]

/** One input on its way to a worker. */
export interface StageTask {
  /** Names the stage, so that a worker makes its steps once. */
  readonly stage: string
  readonly operators: readonly { readonly name: string; readonly module: string; readonly options: unknown }[]
  readonly input: unknown
  /** One number: the position of the step that is under way, for whoever survives the worker. */
  readonly at: Int32Array<SharedArrayBuffer>
}

/** What a stage made of one input: outputs in order, and a record per operator. */
export interface StageOutcome {
  readonly outputs: readonly unknown[]
  readonly records: readonly StepMetrics[]
}

/** What comes back: the outcome, or what failed and in which step. */
export type StageResult = StageOutcome | { readonly failure: StageFailure }

/** An error in a form that keeps its exit code across threads. */
export interface StageFailure {
  readonly step: string
  readonly message: string
  readonly stack: string
  /** Of a CropstreamError; a defect has none. */
  readonly exitCode?: number
  /** The step could not be made: no value is to blame. */
  readonly unmade?: boolean
}

/** Runs one step over all values of a level, all started at once, and keeps their order. */
export async function runLevel(
  step: Step<unknown, unknown>,
  level: readonly unknown[],
  total: StepMetrics,
): Promise<unknown[]> {
  const start = performance.now()
  const results = await Promise.all(
    level.map(async value => {
      // A finished file needs no further step: it passes by those that remain.
      if (isImageFile(value)) return [value]
      return counted(total, tally => step(value, tally))
    }),
  )
  total.workMs += performance.now() - start
  return results.flat()
}

/**
 * The buffers that values own and that can move to another thread instead of being copied. Shared memory
 * is seen by every thread as it is, and a view of a part of a buffer may not take the rest along.
 */
export function ownedBuffers(values: readonly unknown[]): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  const visit = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) {
      const { buffer } = value
      if (buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength) found.add(buffer)
    } else if (typeof value === 'object' && value !== null) {
      for (const part of Object.values(value)) visit(part)
    }
  }
  for (const value of values) visit(value)
  return [...found]
}
