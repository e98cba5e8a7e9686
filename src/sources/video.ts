import { expected } from '../common/errors.js'
import type { Frame } from '../types.js'
import { planesBytes } from '../vision/imaging/planes.js'
import { type FrameSource, fromStart, type ReadFrom, type ReadReport } from './frame-source.js'
import type { VideoInfo } from './probe.js'
import {
  checkSampling,
  chooseFrames,
  longestInterval,
  type Sampling,
  samplingExpression,
} from './sampling.js'
import { seekPieces } from './seek.js'
import { framesExpression } from './select.js'
import { VideoReader } from './video-reader.js'

export interface VideoOptions extends Sampling {
  /** Keep what is readable of a damaged video, and say so in the report, instead of failing. Default false. */
  readonly lenient?: boolean | undefined
  /** Reach each frame by a seek of its own, or decode everything once. Default: seek where that costs less CPU time. */
  readonly seek?: boolean | undefined
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
  const { lenient = false, seek, resume = fromStart, onWarning = () => {}, ...given } = options
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
      const [first] = wanted
      if (first === undefined) return
      const reader = new VideoReader(info, slots, signal, lenient, report, wanted, onWarning)
      reader.checkFile()
      const pieces = piecesOf(info, wanted, seek)
      if (pieces !== undefined) {
        yield* reader.decodePieces(pieces)
      } else {
        const { frameTimes, fps } = info
        const select =
          samplingExpression(frameTimes, fps, sampling, first) ?? framesExpression(frameTimes, wanted)
        // Damage is only found by decoding everything.
        yield* reader.decodeAll(select, resume.from > 0 && info.seekable && !lenient)
      }
      reader.checkCount()
    },
  }
}

function piecesOf(
  info: VideoInfo,
  wanted: Uint32Array,
  seek: boolean | undefined,
): Uint32Array[] | undefined {
  if (seek === undefined) return seekPieces(info, wanted)
  return seek && info.seekable ? Array.from(wanted, index => Uint32Array.of(index)) : undefined
}
