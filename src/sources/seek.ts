import { lastNotAbove } from './frame-times.js'
import type { VideoInfo } from './probe.js'

/** CPU seconds to start ffmpeg and open a file, and for each frame in the index that it then reads. */
const startSeconds = 0.04
const indexSeconds = 1e-7

/** Pixels that one core decodes per second, measured on 1080p H.264 at 8 Mbit/s. */
const pixelsPerSecond = 4e8

/** CPU seconds of decoding in a stretch; measured, its start then adds 9%. Longer ones need more slots to read ahead. */
const stretchSeconds = 1

/** Frames that a seek decodes in addition, with one thread: to probe the stream and to reorder B-frames. */
const extraFrames = 4

/** Share of the cost of decoding everything; for less gain all is decoded, which finds all damage and has more threads. */
const worthSeeking = 0.9

/** Frames, so that the expression for their times stays short. */
const longestPiece = 1000

/**
 * Seconds. In a file that is indexed by decoding times and has B-frames, ffmpeg seeks to 3/23 s before the
 * requested time; adding that much to the request makes it find this keyframe and not the one before.
 */
const seekOffset = 0.1305

/**
 * Pieces of the video that contain the frames `indices`, each to be decoded after one seek; undefined if it costs
 * less CPU time to decode everything once. Between two wanted frames a seek pays if the frames up to the keyframe
 * before the next one would cost more than a start of ffmpeg.
 */
export function seekPieces(info: VideoInfo, indices: Uint32Array): Uint32Array[] | undefined {
  if (!info.seekable) return undefined
  const frameSeconds = secondsPerFrame(info)
  const start = startSeconds + indexSeconds * info.frameCount
  const seek = start + extraFrames * frameSeconds
  const pieces: Uint32Array[] = []
  let cost = 0
  let begin = 0
  for (let i = 1; i <= indices.length; i++) {
    const length = i - begin
    if (i < indices.length && length < longestPiece) {
      const skipped = keyframeFor(info, indices[i]!) - indices[i - 1]!
      if (skipped * frameSeconds <= seek) continue
    }
    const piece = indices.subarray(begin, i)
    cost += seek + (piece[length - 1]! - keyframeFor(info, piece[0]!)) * frameSeconds
    pieces.push(piece)
    begin = i
  }
  return cost < worthSeeking * (start + info.frameCount * frameSeconds) ? pieces : undefined
}

/** Frames that a stretch of the video has at least, to be worth an ffmpeg of its own. */
export const leastStretch = (info: VideoInfo): number => Math.ceil(stretchSeconds / secondsPerFrame(info))

const secondsPerFrame = ({ geometry }: VideoInfo): number =>
  (geometry.codedWidth * geometry.codedHeight) / pixelsPerSecond

/**
 * The time to seek to for frame `index`, in seconds on the file's own clock; undefined when decoding must begin
 * at the start of the video.
 */
export const seekSeconds = (info: VideoInfo, index: number): number | undefined =>
  secondsOf(info, keyframeFor(info, index))

/** The time to seek to for the keyframe `from`; undefined for frame 0: decoding begins at the start of the video. */
export function secondsOf({ frameTimes }: VideoInfo, from: number): number | undefined {
  if (from === 0) return undefined
  const { pts, tick, keyframes } = frameTimes
  const seconds = (ticks: number) => (ticks * tick.num) / tick.den
  const next = pts[keyframes[lastNotAbove(keyframes, from) + 1] ?? pts.length - 1]!
  const isNextFar = seconds(next - pts[from]!) > 0.5
  return seconds(pts[from]!) + (isNextFar ? seekOffset : 0)
}

/** The last keyframe from which frame `index` decodes to the same pixels as from the start; 0 if there is none. */
export function keyframeFor({ frameTimes, mayHaveFields, fieldOrder }: VideoInfo, index: number): number {
  // Deinterlacing needs the preceding frame.
  const last = mayHaveFields && fieldOrder !== 'progressive' ? index - 1 : index
  const { keyframes } = frameTimes
  if (keyframes.length === 0 || last < keyframes[0]!) return 0
  return keyframes[lastNotAbove(keyframes, last)]!
}
