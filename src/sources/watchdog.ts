import { memoryOf } from '../common/processes.js'

/** No program that works says nothing for this long. */
const silenceMs = 120_000

/** Memory grows by some 300 MB between two looks, at the most. */
const intervalMs = 250

/**
 * Looks after a program that reads a file which may lead it astray: a header of a few kilobytes can claim
 * indices that fill the memory, and a decoder can go round in circles.
 */
export class Watchdog implements Disposable {
  readonly #timer: NodeJS.Timeout
  #waiting = 0
  /** Looks, not a clock: a machine that was put to sleep has not waited. */
  #silentLooks = 0

  /**
   * @param maxBytes of resident memory, looked at on Linux alone
   * @param bite called once, with what is wrong (`made no progress …`); it must end the program
   */
  constructor(
    readonly pid: number | undefined,
    readonly maxBytes: number,
    readonly bite: (why: string) => void,
  ) {
    this.#timer = setInterval(() => this.#look(), intervalMs)
  }

  /** To be called for whatever the program says. */
  heard(): void {
    this.#silentLooks = 0
  }

  /** Silence counts only while something is expected of the program: it may be us who are slow. */
  async during<T>(expected: Promise<T>): Promise<T> {
    this.heard()
    this.#waiting++
    try {
      return await expected
    } finally {
      this.#waiting--
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    if (this.#waiting > 0) this.#silentLooks++
    const why =
      this.#silentLooks * intervalMs >= silenceMs
        ? `made no progress for ${silenceMs / 1000} seconds`
        : memoryOf(this.pid).now > this.maxBytes
          ? `took over ${this.maxBytes / 2 ** 30} GiB of memory`
          : undefined
    if (why === undefined) return
    this[Symbol.dispose]()
    this.bite(why)
  }
}
