import { exitCode } from '../common/errors.js'

/** Outputs that fail one after another are one outage of the storage, and not so many bad videos. */
const inARow = 3
const pauseSeconds = { first: 10, last: 600 } as const

/** Tells when it is of no use to begin another video. */
export class Outage {
  #failures = 0

  /** @returns seconds to begin nothing for; mostly 0. */
  pauseAfter(code: number): number {
    if (code !== exitCode.output) {
      this.#failures = 0
      return 0
    }
    this.#failures++
    if (this.#failures < inARow) return 0
    return Math.min(pauseSeconds.last, pauseSeconds.first * 2 ** (this.#failures - inARow))
  }
}
