import { CropstreamError, exitCode } from '../common/errors.js'
import type { StageOutcome } from './stage.js'
import { emptyMetrics } from './step-metrics.js'

/** A value on which a step throws or its worker crashes. It is always a defect of the step. */
export class PoisonError extends CropstreamError {
  override readonly name = 'PoisonError'
  constructor(
    readonly step: string,
    where: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(exitCode.internal, `${step} failed on ${where}: ${what}`, options)
  }
}

/**
 * Largest number of values that a lenient run skips: with more, the defect is not about a rare frame. Independent of
 * the length of the video, because each may cost two workers.
 */
export const poisonLimit = 10

/** Decides whether to skip a value on which a step failed. */
export class Poison {
  #left = poisonLimit

  /** @param lenient skip it instead of failing. @param warn called for each skipped value. */
  constructor(
    readonly lenient: boolean,
    readonly warn: (message: string) => void,
  ) {}

  /**
   * The outcome of a stage for a skipped value: no output, and a drop in the step that failed. The counts of the
   * steps before it are unknown.
   * @throws the error when it is not a PoisonError, when the run is strict, or above the limit.
   */
  skipPoison(error: unknown, steps: readonly string[]): StageOutcome {
    if (!this.lenient || !(error instanceof PoisonError)) throw error
    if (this.#left-- === 0) {
      const message = `${error.message}; ${poisonLimit} were skipped before it, the most that --lenient allows`
      throw new CropstreamError(exitCode.internal, message, { cause: error })
    }
    this.warn(`${error.message}; skipped`)
    const failed = steps.indexOf(error.step)
    const metrics = steps.map((_, i) =>
      i === failed ? { ...emptyMetrics(), itemsIn: 1, dropped: { poison: 1 } } : emptyMetrics(),
    )
    return { outputs: [], metrics }
  }
}
