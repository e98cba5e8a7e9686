import { InputError } from '../common/errors.js'
import type { Slots } from '../runtime/slots.js'
import type { SourceItem } from '../runtime/source.js'
import type { Frame } from '../types.js'
import { type Decoder, openDecoder, type Selection } from './decoder.js'
import type { ReadReport } from './frame-source.js'
import type { VideoInfo } from './probe.js'
import { seekSeconds } from './seek.js'
import { lastNotAbove, millisecondsAt } from './timeline.js'

/** One reading of a video: from ffmpeg into slots, and whether all that was expected came. */
export class VideoReader {
  #lastIndex: number
  #lastLine = ''

  constructor(
    readonly info: VideoInfo,
    readonly slots: Slots,
    readonly signal: AbortSignal,
    readonly lenient: boolean,
    readonly report: ReadReport,
    /** Frames before are not read. */
    readonly from = 0,
  ) {
    this.#lastIndex = from - 1
  }

  /** What the probe saw already need not cost hours of decoding first. */
  checkFile(): void {
    const { truncated, frameCount, declaredFrames } = this.info
    const of = declaredFrames > frameCount ? ` of ${declaredFrames}` : ''
    if (truncated) this.#damaged(`its end is missing, ${frameCount}${of} frames are readable`)
  }

  /**
   * The frames that the expression `select` chooses, everything decoded once.
   * @param skip begin at the last keyframe before what is wanted.
   */
  async *decoded(select: string, skip = false): AsyncGenerator<SourceItem<Frame, Frame>> {
    const seekTo = skip ? seekSeconds(this.info, this.from) : undefined
    const wanted = this.from === 0 ? select : `${this.#notBefore(this.from)}*(${select})`
    await using decoder = await this.#open({ select: wanted, seekTo })
    for (;;) {
      const packet = await this.#next(decoder)
      if (packet === undefined) break
      yield packet
      if (decoder.damage !== undefined) this.#damagedHere(decoder.damage)
    }
    const { code, lastLine } = await decoder.finish()
    if (decoder.damage !== undefined || code !== 0) this.#damagedHere(decoder.damage ?? lastLine)
  }

  /** The frames `indices`, each reached by a seek; where that misses it, from the start of the video. */
  async *sought(indices: Uint32Array): AsyncGenerator<SourceItem<Frame, Frame>> {
    for (const index of indices) {
      const seconds = this.info.seekable ? seekSeconds(this.info, index) : undefined
      let packet = await this.#seek(index, seconds)
      if (packet === undefined && seconds !== undefined) packet = await this.#seek(index, undefined)
      if (packet !== undefined) yield packet
    }
  }

  /** A clean end that came early is not a success either. */
  checkCount(indices: Uint32Array): void {
    const { framesRead } = this.report
    if (framesRead === 0) {
      const why = `no frame can be decoded (${this.#lastLine}); check that it plays`
      throw new InputError(`Cannot read '${this.info.path}': ${why}`)
    }
    // A recording that was cut open begins with frames that lack their keyframe: nobody's damage.
    const firstKey = this.info.timeline.keyframes[0] ?? 0
    const decodable = indices.filter(index => index >= firstKey).length
    if (framesRead < decodable) this.#damaged(`${framesRead} of ${decodable} frames are readable`)
  }

  async #seek(index: number, seekTo: number | undefined): Promise<SourceItem<Frame, Frame> | undefined> {
    await using decoder = await this.#open({ select: this.#notBefore(index), seekTo, limit: 1 })
    const packet = await this.#next(decoder, index)
    // With its one frame written it ends by itself, and tells its CPU time.
    if (packet !== undefined) {
      await decoder.finish()
      if (decoder.damage !== undefined) this.#damagedHere(decoder.damage)
    }
    return packet
  }

  /** True from frame `index` on. */
  #notBefore(index: number): string {
    const { timed, pts } = this.info.timeline
    // Half a tick early: the comparison is between doubles.
    return `gte(${timed ? 'pts' : 'n'},${pts[index]! - 0.5})`
  }

  async #open(selection: Omit<Selection, 'width' | 'height'>): Promise<Decoder> {
    const { width, height } = this.info
    const decoder = await openDecoder(this.info, { ...selection, width, height }, this.signal)
    void decoder.ended.then(({ cpuSeconds, lastLine }) => {
      this.report.cpuSeconds += cpuSeconds
      this.#lastLine = lastLine
    })
    return decoder
  }

  /** The next frame, which must be `wanted` when that is given. */
  async #next(decoder: Decoder, wanted?: number): Promise<SourceItem<Frame, Frame> | undefined> {
    const { width, height, timeline } = this.info
    for (;;) {
      // Only a frame that is there takes a slot: the last one is not held up by an end.
      if (!(await decoder.more())) return undefined
      const { bytes, lease } = await this.slots.take(this.signal)
      try {
        const rgb = bytes.subarray(0, width * height * 3)
        const pts = await decoder.read(rgb)
        const placed = pts !== undefined && !Number.isNaN(pts)
        const index = placed ? lastNotAbove(timeline.pts, pts + 0.5) : -1
        if (index > this.#lastIndex && index === (wanted ?? index)) {
          this.#lastIndex = index
          this.report.framesRead++
          const frame = { index, ptsMs: millisecondsAt(timeline, index), width, height, rgb }
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

  #damagedHere(what: string): void {
    // A decoder that never gave a frame has said all that there is to say.
    if (this.report.framesRead === 0) return
    // About: decoders work, and complain, a few frames ahead of what they give.
    const readable = `about ${this.#lastIndex + 1} of ${this.info.frameCount} frames are readable`
    this.#damaged(`it is damaged (${what}), ${readable}`)
  }

  #damaged(what: string): void {
    this.report.damaged = true
    if (this.lenient) return
    throw new InputError(
      `Cannot read all of '${this.info.path}': ${what}; repair it, or keep what is readable with --lenient`,
    )
  }
}
