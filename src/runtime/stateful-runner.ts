import { CropstreamError, exitCode } from '../common/errors.js'
import { isJson, reasonOf } from './handover.js'
import { isFinal, type MainOperator, type StatefulStep } from './operator.js'
import { counted, emptyMetrics, type StepMetrics } from './step-metrics.js'

/** Runs a stateful step on the main thread, and names it in its errors. */
export class StatefulRunner {
  readonly #step: StatefulStep<unknown, unknown>
  #isChecked = false

  /** @param state of an earlier process, to continue from. @throws CropstreamError when the step cannot. */
  constructor(
    readonly name: string,
    make: MainOperator['make'],
    state: unknown,
  ) {
    // The compiler checked the types of the chain; between its steps they are unknown here.
    this.#step = (make as MainOperator<string, unknown, unknown>['make'])()
    if (state === undefined) return
    try {
      this.#step.restore(state)
    } catch (error) {
      throw this.#failure('cannot be resumed', error)
    }
  }

  /** @param where of the values, for an error: `frame 12`. */
  async run(
    values: readonly unknown[],
    where: string,
  ): Promise<{ readonly outputs: readonly unknown[]; readonly metrics: StepMetrics }> {
    const metrics = emptyMetrics()
    const start = performance.now()
    const outputs: unknown[] = []
    try {
      for (const value of values) {
        if (isFinal(value)) outputs.push(value)
        else outputs.push(...(await counted(metrics, context => this.#step.step(value, context))))
      }
    } catch (error) {
      throw this.#failure(`failed on ${where}`, error)
    }
    metrics.workMs = performance.now() - start
    return { outputs, metrics }
  }

  /** @throws CropstreamError when it is no JSON: a run could never be resumed from it. */
  snapshot(): unknown {
    const state = this.#step.snapshot()
    // Once: a step that gives JSON first gives it always.
    if (!this.#isChecked && !isJson(state)) {
      throw this.#failure(
        'cannot be kept',
        'its snapshot is not plain JSON, such as objects, arrays and numbers',
      )
    }
    this.#isChecked = true
    return state
  }

  #failure(what: string, error: unknown): CropstreamError {
    if (error instanceof CropstreamError) return error
    return new CropstreamError(exitCode.internal, `${this.name} ${what}: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}
