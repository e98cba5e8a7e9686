import { lastNotAbove } from './frame-times.js'
import type { VideoInfo } from './probe.js'

/** CPU seconds to start ffmpeg and open a file, and for each frame in the index that it then reads. */
const startSeconds = 0.04
const indexSeconds = 1e-7

/** Pixels that one core decodes per second, measured on 1080p H.264 at 8 Mbit/s. */
const pixelsPerSecond = 4e8

/** Frames that a seek decodes in addition: to probe the stream, to reorder B-frames, and in each thread. */
const extraFrames = 10

/**
 * Seconds. In a file that is indexed by decoding times and has B-frames, ffmpeg seeks to 3/23 s before the
 * requested time; adding that much to the request makes it find this keyframe and not the one before.
 */
const seekOffset = 0.1305

/**
 * Whether seeking to each of `indices` takes less CPU time than decoding the whole video once. A seek costs a
 * start of ffmpeg and the frames from the preceding keyframe, so it pays when the wanted frames are farther apart
 * than keyframes, and far enough to make up for the starts.
 */
export function isSeekingCheaper(info: VideoInfo, indices: Uint32Array): boolean {
  if (!info.seekable) return false
  const frameSeconds = (info.width * info.height) / pixelsPerSecond
  const start = startSeconds + indexSeconds * info.frameCount
  let seeking = 0
  for (const index of indices) {
    seeking += start + (index - keyframeFor(info, index) + extraFrames) * frameSeconds
  }
  return seeking < start + info.frameCount * frameSeconds
}

/**
 * The time to seek to for frame `index`, in seconds on the file's own clock; undefined when decoding must begin
 * at the start of the video.
 */
export function seekSeconds(info: VideoInfo, index: number): number | undefined {
  const from = keyframeFor(info, index)
  if (from === 0) return undefined
  const { pts, tick, keyframes } = info.frameTimes
  const seconds = (ticks: number) => (ticks * tick.num) / tick.den
  const next = pts[keyframes[lastNotAbove(keyframes, from) + 1] ?? pts.length - 1]!
  const isNextFar = seconds(next - pts[from]!) > 0.5
  return seconds(pts[from]!) + (isNextFar ? seekOffset : 0)
}

/** The last keyframe from which frame `index` decodes to the same pixels as from the start; 0 if there is none. */
function keyframeFor({ frameTimes, interlaced }: VideoInfo, index: number): number {
  // Deinterlacing needs the preceding frame.
  const last = interlaced ? index - 1 : index
  const { keyframes } = frameTimes
  if (keyframes.length === 0 || last < keyframes[0]!) return 0
  return keyframes[lastNotAbove(keyframes, last)]!
}
