import { memoryOf } from '../common/processes.js'

/** A working program prints something at least this often. */
const silenceMs = 120_000

/** Between two checks memory grows by about 300 MB at most. */
const intervalMs = 250

/**
 * Bounds the memory and the silence of a program that reads an untrusted file: a header of a few kilobytes can
 * declare an index that fills the memory, and a decoder can loop forever.
 */
export class Watchdog implements Disposable {
  readonly #timer: NodeJS.Timeout
  #waiting = 0
  /** Counts checks instead of time, since a suspended machine has not waited. */
  #silentChecks = 0

  /**
   * @param maxBytes of resident memory; checked on Linux only.
   * @param onFailure called once with the reason (`made no progress …`); it must end the program.
   */
  constructor(
    readonly pid: number | undefined,
    readonly maxBytes: number,
    readonly onFailure: (why: string) => void,
  ) {
    this.#timer = setInterval(() => this.#check(), intervalMs)
  }

  /** Must be called for all output of the program. */
  progressed(): void {
    this.#silentChecks = 0
  }

  /** Counts silence until `result` settles. Silence at other times is ignored: the program may wait for us. */
  async watch<T>(result: Promise<T>): Promise<T> {
    this.progressed()
    this.#waiting++
    try {
      return await result
    } finally {
      this.#waiting--
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #check(): void {
    if (this.#waiting > 0) this.#silentChecks++
    const why =
      this.#silentChecks * intervalMs >= silenceMs
        ? `made no progress for ${silenceMs / 1000} seconds`
        : memoryOf(this.pid).now > this.maxBytes
          ? `took over ${this.maxBytes / 2 ** 30} GiB of memory`
          : undefined
    if (why === undefined) return
    this[Symbol.dispose]()
    this.onFailure(why)
  }
}
