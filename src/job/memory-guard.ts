import { anySignal } from '../common/any-signal.js'
import { MemoryError } from '../common/errors.js'
import { ffmpegMemory } from '../sources/ffmpeg.js'

/** Sampling interval. A sample takes about 30 µs, and the slots limit the growth in between. */
const sampleMs = 250

/**
 * Stops a run above its memory limit, before the system kills it: the memory model was wrong, but frames already read
 * can still be finished.
 */
export class MemoryGuard implements Disposable {
  /** Aborts with the caller's signal, or with a MemoryError. */
  readonly signal: AbortSignal
  readonly #timer: NodeJS.Timeout
  #ffmpegPeakBytes = 0

  /** @param megabytes limit of this process plus all of its ffmpeg processes. */
  constructor(megabytes = Number.POSITIVE_INFINITY, signal?: AbortSignal) {
    const over = new AbortController()
    this.signal = anySignal(signal, over.signal)
    this.#timer = setInterval(() => {
      const [own, ffmpeg] = [process.memoryUsage.rss(), ffmpegMemory()]
      this.#ffmpegPeakBytes = Math.max(this.#ffmpegPeakBytes, ffmpeg.peak)
      if (own + ffmpeg.now > megabytes * 1e6) over.abort(new MemoryError(own, ffmpeg.now, megabytes))
    }, sampleMs).unref()
  }

  /** Peak memory of all ffmpeg processes together, as sampled. */
  get ffmpegPeakBytes(): number {
    return this.#ffmpegPeakBytes
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
