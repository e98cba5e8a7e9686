import { Slots } from '../runtime/slots.js'
import type { Frame } from '../types.js'
import { planesBytes } from '../vision/imaging/planes.js'
import { noFrame } from './count-frames.js'
import { lastNotAbove } from './frame-times.js'
import type { VideoInfo } from './probe.js'
import { pieceOf, wholeOf } from './stretches.js'
import { VideoReader } from './video-reader.js'

/** The frame that is shown at a time of the video, or its last one. @throws InputError when it cannot be decoded. */
export async function frameAt(info: VideoInfo, seconds: number): Promise<Frame> {
  const { frameTimes } = info
  const { pts, tick } = frameTimes
  const wanted = Uint32Array.of(lastNotAbove(pts, pts[0]! + (seconds * tick.den) / tick.num))
  const report = { framesRead: 0, framesExpected: 1, damage: undefined, cpuSeconds: 0 }
  const slots = new Slots(1, planesBytes(info))
  const reader = new VideoReader(info, slots, new AbortController().signal, true, report, wanted, () => {})
  const frames = reader.read([info.seekable ? pieceOf(info, wanted) : wholeOf(info, wanted)])
  // The only slot is never given back: the frame keeps its pixels.
  for await (const { value } of frames) return value
  throw noFrame(info.path, 'there is no picture at this time')
}
