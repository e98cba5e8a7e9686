import { InputError } from '../common/errors.js'
import type { Slots } from '../runtime/slots.js'
import type { SourceItem } from '../runtime/source.js'
import type { Frame } from '../types.js'
import { type DecodeOptions, type Decoder, openDecoder } from './decoder.js'
import type { ReadReport } from './frame-source.js'
import { lastNotAbove, millisecondsAt } from './frame-times.js'
import type { VideoInfo } from './probe.js'
import { seekSeconds } from './seek.js'

/**
 * Reads the frames of a video from ffmpeg into slots, once, and checks that all expected frames arrived.
 * Every method throws InputError when the video is damaged or incomplete, unless the reader is lenient.
 */
export class VideoReader {
  #lastIndex: number
  #lastLine = ''

  constructor(
    readonly info: VideoInfo,
    readonly slots: Slots,
    readonly signal: AbortSignal,
    readonly lenient: boolean,
    readonly report: ReadReport,
    /** Frames before this index are not read. */
    readonly from = 0,
  ) {
    this.#lastIndex = from - 1
  }

  /** Reports a truncated file, which the probe has found, before hours of decoding. */
  checkFile(): void {
    const { truncated, frameCount, declaredFrames } = this.info
    const total = declaredFrames > frameCount ? ` of ${declaredFrames}` : ''
    if (truncated) this.#reportDamage(`its end is missing, ${frameCount}${total} frames are readable`)
  }

  /**
   * Decodes the video once and gives the frames for which the expression `select` is true.
   * @param skip start at the last keyframe before `from`.
   */
  async *decodeAll(select: string, skip = false): AsyncGenerator<SourceItem<Frame, Frame>> {
    const seekTo = skip ? seekSeconds(this.info, this.from) : undefined
    const wanted = this.from === 0 ? select : `${this.#notBefore(this.from)}*(${select})`
    await using decoder = await this.#open({ select: wanted, seekTo })
    for (;;) {
      const packet = await this.#next(decoder)
      if (packet === undefined) break
      yield packet
      if (decoder.damage !== undefined) this.#reportDecodeError(decoder.damage)
    }
    const { code, lastLine } = await decoder.finish()
    if (decoder.damage !== undefined || code !== 0) this.#reportDecodeError(decoder.damage ?? lastLine)
  }

  /** Gives the frames `indices`, each by a seek; a frame that the seek misses is decoded from the video's start. */
  async *decodeBySeeking(indices: Uint32Array): AsyncGenerator<SourceItem<Frame, Frame>> {
    for (const index of indices) {
      const seconds = this.info.seekable ? seekSeconds(this.info, index) : undefined
      let packet = await this.#seek(index, seconds)
      if (packet === undefined && seconds !== undefined) packet = await this.#seek(index, undefined)
      if (packet !== undefined) yield packet
    }
  }

  /** Checks that no frame is missing: ffmpeg may end early without an error. */
  checkCount(indices: Uint32Array): void {
    const { framesRead } = this.report
    if (framesRead === 0) {
      const why = `no frame can be decoded (${this.#lastLine}); check that it plays`
      throw new InputError(`Cannot read '${this.info.path}': ${why}`)
    }
    // A recording that was cut may begin with frames before the first keyframe; that they are missing is no damage.
    const firstKey = this.info.frameTimes.keyframes[0] ?? 0
    const decodable = indices.filter(index => index >= firstKey).length
    if (framesRead < decodable) this.#reportDamage(`${framesRead} of ${decodable} frames are readable`)
  }

  async #seek(index: number, seekTo: number | undefined): Promise<SourceItem<Frame, Frame> | undefined> {
    await using decoder = await this.#open({ select: this.#notBefore(index), seekTo, limit: 1 })
    const packet = await this.#next(decoder, index)
    // After its only frame ffmpeg exits by itself and prints its CPU time.
    if (packet !== undefined) {
      await decoder.finish()
      if (decoder.damage !== undefined) this.#reportDecodeError(decoder.damage)
    }
    return packet
  }

  /** Expression for ffmpeg's `select` that is true from frame `index` on. */
  #notBefore(index: number): string {
    const { timed, pts } = this.info.frameTimes
    // Half a tick earlier, since the comparison is between doubles.
    return `gte(${timed ? 'pts' : 'n'},${pts[index]! - 0.5})`
  }

  async #open(selection: Omit<DecodeOptions, 'width' | 'height'>): Promise<Decoder> {
    const { width, height } = this.info
    const decoder = await openDecoder(this.info, { ...selection, width, height }, this.signal)
    void decoder.ended.then(({ cpuSeconds, lastLine }) => {
      this.report.cpuSeconds += cpuSeconds
      this.#lastLine = lastLine
    })
    return decoder
  }

  /** The next frame, or only frame `wanted` if that is given; undefined when there is none. */
  async #next(decoder: Decoder, wanted?: number): Promise<SourceItem<Frame, Frame> | undefined> {
    const { width, height, frameTimes } = this.info
    for (;;) {
      // Takes a slot only for a frame that exists, so that the end of the video never waits for one.
      if (!(await decoder.more())) return undefined
      const { bytes, lease } = await this.slots.take(this.signal)
      try {
        const rgb = bytes.subarray(0, width * height * 3)
        const pts = await decoder.read(rgb)
        const hasTime = pts !== undefined && !Number.isNaN(pts)
        const index = hasTime ? lastNotAbove(frameTimes.pts, pts + 0.5) : -1
        if (index > this.#lastIndex && index === (wanted ?? index)) {
          this.#lastIndex = index
          this.report.framesRead++
          const frame = { index, ptsMs: millisecondsAt(frameTimes, index), width, height, rgb }
          return { origin: frame, value: frame, lease }
        }
        lease.release()
        if (pts === undefined || wanted !== undefined) return undefined
      } catch (error) {
        lease.release()
        throw error
      }
    }
  }

  #reportDecodeError(what: string): void {
    // `checkCount` reports a video of which no frame could be decoded.
    if (this.report.framesRead === 0) return
    // "About", since decoders report errors a few frames ahead of their output.
    const readable = `about ${this.#lastIndex + 1} of ${this.info.frameCount} frames are readable`
    this.#reportDamage(`it is damaged (${what}), ${readable}`)
  }

  #reportDamage(what: string): void {
    this.report.damaged = true
    if (this.lenient) return
    throw new InputError(
      `Cannot read all of '${this.info.path}': ${what}; repair it, or keep what is readable with --lenient`,
    )
  }
}
