import type { Picture } from '../types.js'
import { planesBytes } from '../vision/imaging/planes.js'
import { noFrame } from './count-frames.js'
import { type DecodeOptions, openDecoder } from './decoder.js'
import type { VideoInfo } from './probe.js'
import { seekSeconds } from './seek.js'
import { framesExpression } from './select.js'

/** Picture; enough for the detector to choose its input size, and for the colors of the playing surface. */
const maxWidth = 1920

/** ffmpeg processes at a time. */
const defaultParallel = 2

/**
 * Decodes sample frames spread over the video: at most `count`, from the middles of equal parts, upright, scaled
 * down to a width of 1920 pixels if they are wider. Frames that cannot be decoded are skipped.
 *
 * @param onFrame is called with each frame that was found, its place and the number of those sought, in any order.
 * @throws InputError when none can be decoded; the signal's reason when aborted.
 */
export async function seekFrames(
  info: VideoInfo,
  count: number,
  signal?: AbortSignal,
  parallel = defaultParallel,
  onFrame: (picture: Picture, place: number, count: number) => void = () => {},
): Promise<[Picture, ...Picture[]]> {
  const parts = Math.min(count, info.frameCount)
  const wanted = Array.from({ length: parts }, (_, i) => Math.floor(((i + 0.5) * info.frameCount) / parts))
  const found: (Picture | undefined)[] = new Array(wanted.length)
  const reasons: string[] = []
  let next = 0
  const work = async () => {
    try {
      for (let i = next++; i < wanted.length; i = next++) {
        const frame = await decodeFrame(info, wanted[i]!, reasons, signal)
        found[i] = frame
        if (frame !== undefined) onFrame(frame, i, wanted.length)
      }
    } finally {
      // After a failure no worker starts another frame.
      next = wanted.length
    }
  }
  const results = await Promise.allSettled(Array.from({ length: parallel }, work))
  for (const result of results) if (result.status === 'rejected') throw result.reason
  const sought = found.filter(frame => frame !== undefined)
  // Without exact times a seek may pass the last keyframe; a short video has no other.
  const select = framesExpression(info.frameTimes, Uint32Array.from(wanted))
  const frames = sought.length > 0 ? sought : await decode(info, { select, limit: parts }, reasons, signal)
  const [first, ...others] = frames
  if (first === undefined) throw noFrame(info.path, reasons[0] ?? 'unknown')
  return [first, ...others]
}

async function decodeFrame(
  info: VideoInfo,
  index: number,
  reasons: string[],
  signal?: AbortSignal,
): Promise<Picture | undefined> {
  const { exact, pts, clock, tick, before } = info.frameTimes
  const clockTime = clock[index]!
  // Without exact times, the first frame after the seek is close enough.
  const seekTo = exact
    ? seekSeconds(info, index)
    : Number.isNaN(clockTime)
      ? undefined
      : (clockTime * tick.num) / tick.den
  const select = exact
    ? `gte(pts,${pts[index]! - 0.5})`
    : seekTo === undefined
      ? `gte(n,${index + before})`
      : '1'
  const selection = { select, seekTo, limit: 1 }
  const [trusted] = info.seekable ? await decode(info, { ...selection, trusting: true }, [], signal) : []
  return trusted ?? (await decode(info, selection, reasons, signal))[0]
}

async function decode(
  info: VideoInfo,
  { limit, ...selection }: Omit<DecodeOptions, 'width' | 'height'> & { readonly limit: number },
  reasons: string[],
  signal?: AbortSignal,
): Promise<Picture[]> {
  const width = Math.min(info.width, maxWidth)
  const height = Math.max(1, Math.round((info.height * width) / info.width))
  await using decoder = await openDecoder(info, { ...selection, limit, width, height }, signal)
  const { encoding } = info
  const size = planesBytes({ width, height, encoding })
  const frames: Picture[] = []
  while (frames.length < limit) {
    const planes = new Uint8Array(new SharedArrayBuffer(size))
    if ((await decoder.read(planes)) === undefined) break
    frames.push({ width, height, planes, encoding })
  }
  if (frames.length === 0) reasons.push((await decoder.finish()).reason)
  return frames
}
