import { isFinal, type Step, type WorkerOperator } from './operator.js'
import { counted, type StepMetrics } from './step-metrics.js'

/** Operators that share one hand-off: the outputs of one are the inputs of the next, on the same thread. */
export type Stage = readonly WorkerOperator[]

/** A task of a worker: all values made from one value of the source. */
export interface StageTask {
  /** Id of the stage, so that a worker makes its steps once. */
  readonly stage: string
  readonly operators: readonly { readonly name: string; readonly module: string; readonly options: unknown }[]
  readonly inputs: readonly unknown[]
  /** Index of the running step, for the main thread to read if the worker crashes. */
  readonly at: Int32Array<SharedArrayBuffer>
}

/** Outputs of a stage, in order, and the metrics of each operator. */
export interface StageOutcome {
  readonly outputs: readonly unknown[]
  readonly metrics: readonly StepMetrics[]
}

/** The result of a task: its outcome, or the failure of a step. */
export type StageResult = StageOutcome | { readonly failure: StageFailure }

/** An error in a form that keeps its exit code across threads. */
export interface StageFailure {
  readonly step: string
  readonly message: string
  readonly stack: string
  /** Exit code of a CropstreamError; missing for a defect. */
  readonly exitCode?: number
  /** Set when the step could not be created: the cause is not a value. */
  readonly unmade?: boolean
}

/** Runs one step over all values of a level at once and keeps their order. Final values bypass it. */
export async function runLevel(
  step: Step<unknown, unknown>,
  level: readonly unknown[],
  total: StepMetrics,
): Promise<unknown[]> {
  const start = performance.now()
  const results = await Promise.all(
    level.map(async value => (isFinal(value) ? [value] : counted(total, context => step(value, context)))),
  )
  total.workMs += performance.now() - start
  return results.flat()
}
