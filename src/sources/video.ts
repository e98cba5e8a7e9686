import { expected } from '../common/errors.js'
import type { Frame } from '../types.js'
import { planesBytes } from '../vision/imaging/planes.js'
import { type FrameSource, fromStart, type ReadFrom, type ReadReport } from './frame-source.js'
import type { VideoInfo } from './probe.js'
import { checkSampling, chooseFrames, longestInterval, type Sampling } from './sampling.js'
import { stretchesFor } from './stretches.js'
import { VideoReader } from './video-reader.js'

export interface VideoOptions extends Sampling {
  /** Keep what is readable of a damaged video, and say so in the report, instead of failing. Default false. */
  readonly lenient?: boolean | undefined
  /** Reach each frame by a seek of its own, or decode everything once. Default: seek where that costs less CPU time. */
  readonly seek?: boolean | undefined
  /** ffmpeg processes at once, at least 1, each on a stretch of the video. Default 1. The frames are the same. */
  readonly decoders?: number | undefined
  /** Frames of such a stretch, at least. Default: so many that one more start of ffmpeg costs little beside them. */
  readonly stretchFrames?: number | undefined
  readonly resume?: ReadFrom | undefined
  /** Called with what the user should know about the pictures. */
  readonly onWarning?: ((message: string) => void) | undefined
}

/** The frames of a video in order, upright, with their true numbers and times. */
export type VideoFrames = FrameSource<Frame, Frame>

/**
 * A source of a video's frames, to be read once. Reading throws InputError when the video is damaged or
 * incomplete (unless lenient) or no frame of it can be decoded.
 *
 * @throws UsageError when the sampling makes no sense.
 */
export function videoFrames(info: VideoInfo, options: VideoOptions = {}): VideoFrames {
  const { lenient = false, seek, decoders = 1, stretchFrames, resume = fromStart, ...others } = options
  const { onWarning = () => {}, ...given } = others
  const sampling = checkSampling(given)
  const indices = chooseFrames(info.frameTimes, info.fps, sampling)
  const frameBytes = planesBytes(info)
  const { framesRead } = resume
  const report: ReadReport = { framesRead, framesExpected: indices.length, damage: undefined, cpuSeconds: 0 }
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
      if (wanted.length === 0) return
      const reader = new VideoReader(info, slots, signal, lenient, report, wanted, onWarning)
      reader.checkFile()
      // What an earlier process has found damaged is only found again by decoding everything.
      const skip = resume.from > 0 && !lenient
      const divide = decoders > 1 && report.damage === undefined && (resume.from === 0 || skip)
      yield* reader.read(
        stretchesFor(info, wanted, sampling, { seek, divide, stretchFrames, skip }),
        decoders,
      )
      reader.checkCount()
    },
  }
}
