import { exitCode } from '../common/errors.js'
import { backoffSeconds } from './backoff.js'

/** Outputs that fail one after another are one outage of the storage, and not so many bad videos. */
const outputsInARow = 3
/** Videos that fail for good one after another on one machine say that it is set up wrongly, or sees none of them. */
const failuresInARow = 5

/** Tells when it is of no use to begin another video on this machine. */
export class Outage {
  #outputs = 0
  #failures = 0

  /** @returns seconds to begin nothing for; mostly 0. */
  pauseAfter(code: number): number {
    this.#outputs = code === exitCode.output ? this.#outputs + 1 : 0
    this.#failures = code === exitCode.usage || code === exitCode.badInput ? this.#failures + 1 : 0
    const over = Math.max(this.#outputs - outputsInARow, this.#failures - failuresInARow)
    return over < 0 ? 0 : backoffSeconds(over + 1)
  }
}
