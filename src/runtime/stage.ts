import { isFinal, type Step, type WorkerOperator } from './operator.js'
import { counted, type StepMetrics } from './step-metrics.js'

/** Operators that share one hand-off: what one of them returns, the next takes, on the same thread. */
export type Stage = readonly WorkerOperator[]

/** All values that one value of the source has become, on their way to a worker. */
export interface StageTask {
  /** Names the stage, so that a worker makes its steps once. */
  readonly stage: string
  readonly operators: readonly { readonly name: string; readonly module: string; readonly options: unknown }[]
  readonly inputs: readonly unknown[]
  /** One number: the position of the step that is under way, for the main thread to read if the worker dies. */
  readonly at: Int32Array<SharedArrayBuffer>
}

/** What a stage made of its inputs: outputs in order, and what each operator did. */
export interface StageOutcome {
  readonly outputs: readonly unknown[]
  readonly metrics: readonly StepMetrics[]
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

/** Runs one step over all values of a level, all started at once, and keeps their order. Final values pass by. */
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
