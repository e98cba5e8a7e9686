import { InputError } from '../common/errors.js'
import type { Pixels } from '../types.js'
import { openDecoder } from './decoder.js'
import type { VideoInfo } from './probe.js'
import { seekSeconds } from './seek.js'

/** Enough to see the color of the grass by. */
const maxWidth = 960

/** Processes at a time, unless told otherwise. */
const usualParallel = 2

/**
 * A few frames from all over the video, ahead of the stream: `count` of them at most, in the middle of
 * equal parts, upright, scaled down to 960 pixels of width where they are wider. A frame that a damaged
 * video does not give is left out.
 *
 * @throws InputError when none can be decoded; the signal's reason when aborted.
 */
export async function seekFrames(
  info: VideoInfo,
  count: number,
  signal?: AbortSignal,
  parallel = usualParallel,
): Promise<Pixels[]> {
  const parts = Math.min(count, info.frameCount)
  const wanted = Array.from({ length: parts }, (_, i) => Math.floor(((i + 0.5) * info.frameCount) / parts))
  const found: (Pixels | undefined)[] = new Array(wanted.length)
  let next = 0
  const work = async () => {
    try {
      for (let i = next++; i < wanted.length; i = next++) found[i] = await seekFrame(info, wanted[i]!, signal)
    } finally {
      // After a failure nobody begins another one, and nothing runs on behind it.
      next = wanted.length
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: parallel }, work))
  for (const end of ended) if (end.status === 'rejected') throw end.reason
  const frames = found.filter(frame => frame !== undefined)
  if (frames.length === 0)
    throw new InputError(`Cannot read '${info.path}': no frame can be decoded; check that it plays`)
  return frames
}

async function seekFrame(info: VideoInfo, index: number, signal?: AbortSignal): Promise<Pixels | undefined> {
  const width = Math.min(info.width, maxWidth)
  const height = Math.max(1, Math.round((info.height * width) / info.width))
  // Without times of its own any frame near there will do.
  const select = info.timeline.timed ? `gte(pts,${info.timeline.pts[index]! - 0.5})` : '1'
  const selection = { select, seekTo: seekSeconds(info, index), limit: 1, width, height }
  await using decoder = await openDecoder(info, selection, signal)
  const rgb = new Uint8Array(width * height * 3)
  return (await decoder.read(rgb)) === undefined ? undefined : { width, height, rgb }
}
