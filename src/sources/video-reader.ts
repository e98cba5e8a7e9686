import { InputError } from '../common/errors.js'
import type { Slots } from '../runtime/slots.js'
import type { SourceItem } from '../runtime/source.js'
import type { Frame } from '../types.js'
import { planesBytes } from '../vision/imaging/planes.js'
import { noFrame } from './count-frames.js'
import { type DecodeOptions, type Decoder, openDecoder } from './decoder.js'
import type { Finding } from './decoding-log.js'
import type { ReadReport } from './frame-source.js'
import { lastNotAbove, millisecondsAt } from './frame-times.js'
import type { VideoInfo } from './probe.js'
import { seekSeconds } from './seek.js'
import { timesExpression } from './select.js'

/** Frames that may be missing at the end without a word: what a decoder held back, which had not all it needed. */
const heldBack = 16

/**
 * Reads the wanted frames of a video from ffmpeg into slots, once, and checks that they arrived.
 * Every method throws InputError when the video is damaged or incomplete, unless the reader is lenient.
 */
export class VideoReader {
  #lastIndex: number
  #reason = ''
  /** The last frame that was decoded, wanted or not. */
  #decoded = -1
  #changeReported = false

  constructor(
    readonly info: VideoInfo,
    readonly slots: Slots,
    readonly signal: AbortSignal,
    readonly lenient: boolean,
    readonly report: ReadReport,
    /** Indices of the frames to read, ascending. */
    readonly wanted: Uint32Array,
    readonly warn: (message: string) => void,
  ) {
    this.#lastIndex = wanted[0]! - 1
  }

  /** Reports what the probe has found, before hours of decoding. */
  checkFile(): void {
    const { truncated, frameCount, declaredFrames, damage } = this.info
    const total = declaredFrames > frameCount ? ` of ${declaredFrames}` : ''
    if (truncated) this.#reportDamage(`its end is missing, ${frameCount}${total} frames are readable`)
    if (damage !== undefined) this.#reportDamage(`it is damaged at about ${damage}`)
  }

  /**
   * Decodes the video once and gives the wanted frames, for which the expression `select` is true.
   * @param skip start at the last keyframe before them.
   */
  async *decodeAll(select: string, skip: boolean): AsyncGenerator<SourceItem<Frame, Frame>> {
    const seekTo = skip ? seekSeconds(this.info, this.wanted[0]!) : undefined
    await using decoder = await this.#open({ select, seekTo })
    for (;;) {
      const item = await this.#next(decoder)
      if (item === undefined) break
      yield item
      this.#checkLog(decoder)
    }
    const { code, reason } = await decoder.finish()
    this.#checkLog(decoder)
    if (code !== 0) this.#reportFinding({ what: reason, after: Number.NaN })
    this.#checkEnd()
  }

  /** Gives the frames of each piece after a seek; frames that the seek misses are decoded from the video's start. */
  async *decodePieces(pieces: readonly Uint32Array[]): AsyncGenerator<SourceItem<Frame, Frame>> {
    for (const piece of pieces) {
      const seekTo = seekSeconds(this.info, piece[0]!)
      yield* this.#decodePiece(piece, seekTo)
      const missed = piece.filter(index => index > this.#lastIndex)
      if (missed.length > 0 && seekTo !== undefined) yield* this.#decodePiece(missed, undefined)
    }
  }

  /** Checks that frames were read, and warns of those that were not. */
  checkCount(): void {
    const { framesRead, framesExpected, damage } = this.report
    if (framesRead === 0) throw noFrame(this.info.path, this.#reason)
    const missing = framesExpected - framesRead
    if (missing > 0 && damage === undefined)
      this.warn(`${missing} of the ${framesExpected} sampled frames have no picture in the video`)
  }

  async *#decodePiece(
    piece: Uint32Array,
    seekTo: number | undefined,
  ): AsyncGenerator<SourceItem<Frame, Frame>> {
    const { pts } = this.info.frameTimes
    const select = timesExpression(Array.from(piece, index => pts[index]!))
    await using decoder = await this.#open({ select, seekTo, limit: piece.length, threads: 1 })
    for (let left = piece.length; left > 0; left--) {
      const item = await this.#next(decoder)
      if (item === undefined) return
      yield item
      this.#checkLog(decoder)
    }
    // After its last frame ffmpeg exits by itself and prints its CPU time.
    await decoder.finish()
    this.#checkLog(decoder)
  }

  async #open(selection: Omit<DecodeOptions, 'width' | 'height'>): Promise<Decoder> {
    const { width, height } = this.info
    const decoder = await openDecoder(this.info, { ...selection, width, height }, this.signal)
    void decoder.ended.then(({ cpuSeconds, reason }) => {
      this.report.cpuSeconds += cpuSeconds
      this.#reason = reason
    })
    return decoder
  }

  /** The next wanted frame; undefined when there is none. */
  async #next(decoder: Decoder): Promise<SourceItem<Frame, Frame> | undefined> {
    const { width, height, encoding, frameTimes } = this.info
    const size = planesBytes(this.info)
    for (;;) {
      // Takes a slot only for a frame that exists, so that the end of the video never waits for one.
      if (!(await decoder.more())) return undefined
      const { bytes, lease } = await this.slots.take(this.signal)
      try {
        const planes = bytes.subarray(0, size)
        const id = await decoder.read(planes)
        const index = this.#indexOf(id)
        if (index > this.#lastIndex && this.#isWanted(index)) {
          this.#lastIndex = index
          this.report.framesRead++
          const ptsMs = millisecondsAt(frameTimes, index)
          const frame = { index, ptsMs, width, height, planes, encoding }
          return { origin: frame, value: frame, lease }
        }
        lease.release()
        if (id === undefined) return undefined
      } catch (error) {
        lease.release()
        throw error
      }
    }
  }

  /** Index of the frame with this id of the decoder; -1 if there is none. */
  #indexOf(id = Number.NaN): number {
    if (Number.isNaN(id)) return -1
    const { exact, pts, before } = this.info.frameTimes
    return exact ? lastNotAbove(pts, id + 0.5) : id - before
  }

  #isWanted(index: number): boolean {
    return this.wanted[lastNotAbove(this.wanted, index)] === index
  }

  #checkLog({ log }: Decoder): void {
    this.#decoded = Math.max(this.#decoded, this.#indexOf(log.last))
    if (log.change !== undefined && !this.#changeReported) {
      this.#changeReported = true
      const { width, height } = this.info
      this.warn(
        `the size or format of its pictures changes at ${this.#timeAfter(log.change, this.info.mayHaveFields ? 2 : 1)}: all frames are scaled to ${width}x${height}`,
      )
    }
    if (log.damage !== undefined) this.#reportFinding(log.damage)
  }

  /** ffmpeg may end early without an error. */
  #checkEnd(): void {
    const { frameCount } = this.info
    if (this.#decoded < frameCount - 1 - heldBack && this.report.framesRead > 0)
      this.#reportDamage(
        `its last ${frameCount - 1 - this.#decoded} of ${frameCount} frames are not readable`,
      )
  }

  #reportFinding(finding: Finding): void {
    // `checkCount` reports a video of which no frame could be decoded.
    if (this.report.framesRead === 0) return
    const { frameCount } = this.info
    const place = `${this.#timeAfter(finding)}, after about ${this.#lastIndex + 1} of ${frameCount} frames`
    this.#reportDamage(`it is damaged at about ${place} (${finding.what})`)
  }

  /** @param frames between the last one that was seen and the one of the finding; deinterlacing holds one back. */
  #timeAfter({ after }: Finding, frames = 1): string {
    const index = Math.min(Math.max(0, this.#indexOf(after) + frames), this.info.frameCount - 1)
    return `${(millisecondsAt(this.info.frameTimes, index) / 1000).toFixed(2)} s`
  }

  #reportDamage(what: string): void {
    this.report.damage ??= what
    if (this.lenient) return
    throw new InputError(
      `Cannot read all of '${this.info.path}': ${what}; repair it, or keep what is readable with --lenient`,
    )
  }
}
