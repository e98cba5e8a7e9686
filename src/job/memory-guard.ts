import { anySignal } from '../common/any-signal.js'
import { MemoryError } from '../common/errors.js'
import { ffmpegMemory } from '../sources/ffmpeg.js'

/** Between two looks. A look takes some 30 µs, and the slots bound what can be taken in the meantime. */
const lookMs = 250

/**
 * Stops a run that takes more memory than it may, before the system ends it: then the plan was wrong, but what
 * was read can still be brought to its end.
 */
export class MemoryGuard implements Disposable {
  /** The caller's, which aborts with a MemoryError too. */
  readonly signal: AbortSignal
  readonly #timer: NodeJS.Timeout
  #ffmpegPeakBytes = 0

  /** @param megabytes of this process and every ffmpeg that it runs together. */
  constructor(megabytes = Number.POSITIVE_INFINITY, signal?: AbortSignal) {
    const over = new AbortController()
    this.signal = anySignal(signal, over.signal)
    this.#timer = setInterval(() => {
      const [own, ffmpeg] = [process.memoryUsage.rss(), ffmpegMemory()]
      this.#ffmpegPeakBytes = Math.max(this.#ffmpegPeakBytes, ffmpeg.peak)
      if (own + ffmpeg.now > megabytes * 1e6) over.abort(new MemoryError(own, ffmpeg.now, megabytes))
    }, lookMs).unref()
  }

  /** The most memory that every ffmpeg at one time had, as far as looks have seen it. */
  get ffmpegPeakBytes(): number {
    return this.#ffmpegPeakBytes
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
