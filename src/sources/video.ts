import { expected } from '../common/errors.js'
import type { Source } from '../runtime/source.js'
import type { Frame } from '../types.js'
import type { VideoInfo } from './probe.js'
import { checkSampling, isChosenByTime, longestInterval, planFrames, type Sampling } from './sampling.js'
import { isSeekingCheaper } from './seek.js'
import { type ReadReport, VideoReader } from './video-reader.js'

export interface VideoOptions extends Sampling {
  /** Keep what is readable of a damaged video, and say so in the report, instead of failing. Default false. */
  readonly lenient?: boolean | undefined
  /** Reach each frame by a seek of its own, or decode everything once. Default: what costs less CPU time. */
  readonly seek?: boolean | undefined
  /** Give only the frames from number `from` on: an earlier process has read `framesRead` before it. */
  readonly past?: { readonly from: number; readonly framesRead: number } | undefined
}

/** What can be found in the frames of a video, or the frames themselves, in order. */
export interface FrameSource<T> extends Source<T> {
  /** Bytes that a value needs of its slot. */
  readonly frameBytes: number
  /** Seconds between two of the frames, at most. */
  readonly intervalSeconds: number
  /** Grows while the video is read. */
  readonly report: Readonly<ReadReport>
}

/** The frames of a video in order, upright, RGB, with their true numbers and times. */
export type VideoFrames = FrameSource<Frame>

/**
 * A source of a video's frames, to be read once. VideoReader throws InputError when the video is damaged or
 * incomplete (unless lenient) or no frame of it can be decoded.
 *
 * @throws UsageError when the sampling makes no sense.
 */
export function videoFrames(info: VideoInfo, options: VideoOptions = {}): VideoFrames {
  const { lenient = false, seek, past = { from: 0, framesRead: 0 }, ...sampling } = options
  const { indices, select } = planFrames(info.frameTimes, info.fps, checkSampling(sampling))
  const frameBytes = info.width * info.height * 3
  const { framesRead } = past
  const report: ReadReport = { framesRead, framesExpected: indices.length, damaged: false, cpuSeconds: 0 }
  const wanted = indices.filter(index => index >= past.from)
  return {
    name: 'video',
    frameBytes,
    intervalSeconds: longestInterval(info.frameTimes, indices),
    report,
    async *read(slots, signal) {
      if (slots.slotBytes < frameBytes) {
        throw new RangeError(expected(`at least ${frameBytes} bytes`, 'the size of a slot', slots.slotBytes))
      }
      if (wanted.length === 0) return
      const reading = new VideoReader(info, slots, signal, lenient, report, past.from)
      reading.checkFile()
      // Of a damaged video, only who decodes all of it sees all of the damage; and some choices count frames.
      const skip = past.from > 0 && info.seekable && !lenient && isChosenByTime(sampling)
      yield* (seek ?? isSeekingCheaper(info, indices))
        ? reading.decodeBySeeking(wanted)
        : reading.decodeAll(select, skip)
      reading.checkCount(indices)
    },
  }
}
