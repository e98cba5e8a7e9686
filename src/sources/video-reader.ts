import { anySignal } from '../common/any-signal.js'
import { InputError } from '../common/errors.js'
import type { Slots } from '../runtime/slots.js'
import type { SourceItem } from '../runtime/source.js'
import type { Frame } from '../types.js'
import { planesBytes } from '../vision/imaging/planes.js'
import { noFrame } from './count-frames.js'
import { type Decoder, openDecoder } from './decoder.js'
import type { Finding } from './decoding-log.js'
import type { ReadReport } from './frame-source.js'
import { lastNotAbove, millisecondsAt } from './frame-times.js'
import { inOrder } from './in-order.js'
import type { VideoInfo } from './probe.js'
import { type Stretch, wholeOf } from './stretches.js'

/** Frames that may be missing at the end without a word: what a decoder held back, which had not all it needed. */
const heldBack = 16

/** Frames that may wait in slots for each ffmpeg after the first; and at most half of the slots, for all of them. */
export const framesAhead = 16

/** In a stretch something is not as expected: one ffmpeg that decodes all of the video finds out what. */
class UnusualStretch extends Error {}

/**
 * Reads the wanted frames of a video from ffmpeg into slots, once, and checks that they arrived.
 * Every method throws InputError when the video is damaged or incomplete, unless the reader is lenient.
 */
export class VideoReader {
  /** Index of the last frame that was given. */
  #lastIndex: number
  #reason = ''
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
   * Gives the wanted frames, which the stretches contain in order, from up to `decoders` ffmpeg processes at once.
   * Damage, a change of the pictures and whatever else is unusual is for a decoder of the whole video: where a stretch
   * finds it, such a one reads the rest. So it does not matter for the frames how the video was divided.
   */
  async *read(stretches: readonly Stretch[], decoders = 1): AsyncGenerator<SourceItem<Frame, Frame>> {
    try {
      yield* this.#given(this.#together(stretches, decoders))
    } catch (error) {
      if (!(error instanceof UnusualStretch)) throw error
      const rest = this.wanted.filter(index => index > this.#lastIndex)
      yield* this.#given(this.#decodeWhole(wholeOf(this.info, rest), this.signal))
    }
  }

  async *#together(
    stretches: readonly Stretch[],
    decoders: number,
  ): AsyncGenerator<SourceItem<Frame, Frame>> {
    const stopped = new AbortController()
    const signal = anySignal(this.signal, stopped.signal)
    const isWhole = ({ seekTo, last }: Stretch) => seekTo === undefined && last === undefined
    const readings = stretches.map(stretch =>
      isWhole(stretch) ? this.#decodeWhole(stretch, signal) : this.#decodeStretch(stretch, signal),
    )
    yield* inOrder(readings, {
      atOnce: decoders,
      // The first stretch always finds a free slot, or one that the graph will free.
      ahead: Math.min(framesAhead * (decoders - 1), this.slots.limit >> 1),
      stop: () => stopped.abort(new Error('reading has ended')),
      discard: ({ lease }) => lease.release(),
    })
  }

  async *#given(items: AsyncGenerator<SourceItem<Frame, Frame>>): AsyncGenerator<SourceItem<Frame, Frame>> {
    for await (const item of items) {
      this.#lastIndex = item.value.index
      this.report.framesRead++
      yield item
    }
  }

  /** Decodes all of the video, and reports what is wrong with it. */
  async *#decodeWhole(stretch: Stretch, signal: AbortSignal): AsyncGenerator<SourceItem<Frame, Frame>> {
    await using decoder = await this.#open(stretch, signal)
    for await (const item of this.#frames(decoder, stretch.wanted, signal)) {
      yield item
      this.#checkLog(decoder)
    }
    const { code, reason } = await decoder.finish()
    this.#checkLog(decoder)
    if (code !== 0) this.#reportFinding({ what: reason, after: Number.NaN })
    this.#checkEnd(decoder)
  }

  /** @throws UnusualStretch before it gives a frame that may differ from that of a decoder of the whole video. */
  async *#decodeStretch(stretch: Stretch, signal: AbortSignal): AsyncGenerator<SourceItem<Frame, Frame>> {
    const { wanted, last = this.info.frameCount - 1 - heldBack } = stretch
    await using decoder = await this.#open(stretch, signal)
    const isUsual = () => decoder.log.damage === undefined && decoder.log.change === undefined
    let given = 0
    for await (const item of this.#frames(decoder, wanted, signal)) {
      if (!isUsual() || item.value.index !== wanted[given]) {
        item.lease.release()
        throw new UnusualStretch()
      }
      given++
      yield item
      // Before a slot is taken for a frame behind the last wanted one.
      if (given === wanted.length) break
    }
    const { code } = await decoder.finish()
    const isComplete = given === wanted.length && this.#indexOf(decoder.log.last) >= last
    if (code !== 0 || !isComplete || !isUsual()) throw new UnusualStretch()
  }

  /** Checks that frames were read, and warns of those that were not. */
  checkCount(): void {
    const { framesRead, framesExpected, damage } = this.report
    if (framesRead === 0) throw noFrame(this.info.path, this.#reason)
    const missing = framesExpected - framesRead
    if (missing > 0 && damage === undefined)
      this.warn(`${missing} of the ${framesExpected} sampled frames have no picture in the video`)
  }

  async #open({ wanted, last, ...selection }: Stretch, signal: AbortSignal): Promise<Decoder> {
    const { width, height } = this.info
    const limit = last === undefined ? undefined : wanted.length + (wanted.at(-1) === last ? 0 : 1)
    const decoder = await openDecoder(this.info, { ...selection, width, height, limit }, signal)
    void decoder.ended.then(({ cpuSeconds, reason }) => {
      this.report.cpuSeconds += cpuSeconds
      this.#reason = reason
    })
    return decoder
  }

  /** Those of the wanted frames that the decoder gives. */
  async *#frames(
    decoder: Decoder,
    wanted: Uint32Array,
    signal: AbortSignal,
  ): AsyncGenerator<SourceItem<Frame, Frame>> {
    const { width, height, encoding, frameTimes } = this.info
    const size = planesBytes(this.info)
    let lastIndex = -1
    // Takes a slot only for a frame that exists, so that the end of the video never waits for one.
    while (await decoder.more()) {
      const { bytes, lease } = await this.slots.take(signal)
      try {
        const planes = bytes.subarray(0, size)
        const id = await decoder.read(planes)
        const index = this.#indexOf(id)
        if (index > lastIndex && wanted[lastNotAbove(wanted, index)] === index) {
          lastIndex = index
          const ptsMs = millisecondsAt(frameTimes, index)
          const frame = { index, ptsMs, width, height, planes, encoding }
          yield { origin: frame, value: frame, lease }
          continue
        }
        lease.release()
        if (id === undefined) return
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

  #checkLog({ log }: Decoder): void {
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
  #checkEnd({ log }: Decoder): void {
    const { frameCount } = this.info
    const missing = frameCount - 1 - this.#indexOf(log.last)
    if (missing > heldBack && this.report.framesRead > 0)
      this.#reportDamage(`its last ${missing} of ${frameCount} frames are not readable`)
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
