import { CropstreamError, exitCode } from '../common/errors.js'
import type { StageOutcome } from './stage.js'
import { emptyMetrics } from './step-metrics.js'

/**
 * A value that a step cannot process: it throws on it, or its worker dies of it. That is a defect of the step,
 * whatever the value is.
 */
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
 * Values that a lenient run leaves out, at most: a step that fails on more of them has a defect that is not
 * about a rare frame, and the dataset would lack what it was made for. The number does not grow with the video,
 * for each may cost two workers.
 */
export const poisonLimit = 10

/** Decides about each value that a step failed on. */
export class Poison {
  #left = poisonLimit

  /** @param lenient leave it out instead of failing. @param warn called for each that is left out. */
  constructor(
    readonly lenient: boolean,
    readonly warn: (message: string) => void,
  ) {}

  /**
   * The outcome of a stage for a value that is left out: no output, and a count of it in the step that failed.
   * What the steps before it did with it is not known.
   * @throws the error itself when it is another, when the run is strict, or when there were too many.
   */
  skipPoison(error: unknown, steps: readonly string[]): StageOutcome {
    if (!this.lenient || !(error instanceof PoisonError)) throw error
    if (this.#left-- === 0) {
      const message = `${error.message}; ${poisonLimit} were left out before it, which is all that --lenient allows`
      throw new CropstreamError(exitCode.internal, message, { cause: error })
    }
    this.warn(`${error.message}; left out`)
    const failed = steps.indexOf(error.step)
    const metrics = steps.map((_, i) =>
      i === failed ? { ...emptyMetrics(), itemsIn: 1, dropped: { poison: 1 } } : emptyMetrics(),
    )
    return { outputs: [], metrics }
  }
}
