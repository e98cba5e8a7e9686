import type { VideoInfo } from './probe.js'
import { lastNotAbove } from './timeline.js'

/** CPU seconds to start ffmpeg and open a file, and for each frame in the index that it reads then. */
const startSeconds = 0.04
const indexSeconds = 1e-7

/** Pixels that a core decodes in a second: measured on 1080p H.264 of 8 Mbit/s. */
const pixelsPerSecond = 4e8

/** Frames decoded besides those from the keyframe on: to probe the stream, to order B-frames, by threads. */
const extraFrames = 10

/**
 * Where a file is indexed by decoding times and has B-frames, ffmpeg seeks to 3/23 s before what it was
 * asked for. Asked for that much more it finds the keyframe itself, and not the one before.
 */
const backOff = 0.1305

/**
 * Whether it takes less CPU to seek to each of `indices` than to decode everything once.
 * Decoding costs every frame. A seek costs a start, and the frames from the keyframe before; so it pays
 * when the wanted frames lie further apart than keyframes do, and far enough to earn the starts back.
 */
export function isSeekingCheaper(info: VideoInfo, indices: Uint32Array): boolean {
  if (!info.seekable) return false
  const frameSeconds = (info.width * info.height) / pixelsPerSecond
  const start = startSeconds + indexSeconds * info.frameCount
  let seeking = 0
  for (const index of indices) {
    seeking += start + (index - seekFrame(info, index) + extraFrames) * frameSeconds
  }
  return seeking < start + info.frameCount * frameSeconds
}

/**
 * Where to seek for frame `index`, in seconds on the file's own clock; undefined when it is best decoded
 * from the start of the video.
 */
export function seekSeconds(info: VideoInfo, index: number): number | undefined {
  const from = seekFrame(info, index)
  if (from === 0) return undefined
  const { pts, tick, keyframes } = info.timeline
  const seconds = (ticks: number) => (ticks * tick.num) / tick.den
  const next = pts[keyframes[lastNotAbove(keyframes, from) + 1] ?? pts.length - 1]!
  const room = seconds(next - pts[from]!) > 0.5
  return seconds(pts[from]!) + (room ? backOff : 0)
}

/** The last keyframe from which frame `index` comes out as it would from the start. */
function seekFrame({ timeline, interlaced }: VideoInfo, index: number): number {
  // Deinterlacing looks at the frame before.
  const last = interlaced ? index - 1 : index
  const { keyframes } = timeline
  if (keyframes.length === 0 || last < keyframes[0]!) return 0
  return keyframes[lastNotAbove(keyframes, last)]!
}
