import { expected } from '../common/errors.js'
import type { Frame } from '../types.js'
import { type FrameSource, fromStart, type ReadFrom, type ReadReport } from './frame-source.js'
import type { VideoInfo } from './probe.js'
import { checkSampling, isChosenByTime, longestInterval, planFrames, type Sampling } from './sampling.js'
import { isSeekingCheaper } from './seek.js'
import { VideoReader } from './video-reader.js'

export interface VideoOptions extends Sampling {
  /** Keep what is readable of a damaged video, and say so in the report, instead of failing. Default false. */
  readonly lenient?: boolean | undefined
  /** Reach each frame by a seek of its own, or decode everything once. Default: what costs less CPU time. */
  readonly seek?: boolean | undefined
  readonly resume?: ReadFrom | undefined
}

/** The frames of a video in order, upright, RGB, with their true numbers and times. */
export type VideoFrames = FrameSource<Frame, Frame>

/**
 * A source of a video's frames, to be read once. Reading throws InputError when the video is damaged or
 * incomplete (unless lenient) or no frame of it can be decoded.
 *
 * @throws UsageError when the sampling makes no sense.
 */
export function videoFrames(info: VideoInfo, options: VideoOptions = {}): VideoFrames {
  const { lenient = false, seek, resume = fromStart, ...sampling } = options
  const { indices, select } = planFrames(info.frameTimes, info.fps, checkSampling(sampling))
  const frameBytes = info.width * info.height * 3
  const { framesRead } = resume
  const report: ReadReport = { framesRead, framesExpected: indices.length, damaged: false, cpuSeconds: 0 }
  const wanted = indices.filter(index => index >= resume.from)
  return {
    name: 'video',
    item: 'frame',
    frameBytes,
    intervalSeconds: longestInterval(info.frameTimes, indices),
    report,
    async *read(slots, signal) {
      if (slots.slotBytes < frameBytes) {
        throw new RangeError(expected(`at least ${frameBytes} bytes`, 'the size of a slot', slots.slotBytes))
      }
      const [first] = wanted
      if (first === undefined) return
      // From the first frame that is wanted: a seek to one that is not would give it all the same.
      const reader = new VideoReader(info, slots, signal, lenient, report, first)
      reader.checkFile()
      // Damage is only found by decoding everything; and a sampling that counts frames must see all of them.
      const skip = resume.from > 0 && info.seekable && !lenient && isChosenByTime(sampling)
      yield* (seek ?? isSeekingCheaper(info, indices))
        ? reader.decodeBySeeking(wanted)
        : reader.decodeAll(select, skip)
      reader.checkCount(indices)
    },
  }
}
