import { lastNotAbove } from './frame-times.js'
import type { VideoInfo } from './probe.js'
import { type Sampling, samplingExpression } from './sampling.js'
import { keyframeFor, leastStretch, secondsOf, seekPieces } from './seek.js'
import { framesExpression } from './select.js'

/** A part of a video that one ffmpeg decodes. */
export interface Stretch {
  /** Indices of the frames to give, ascending. */
  readonly wanted: Uint32Array
  /** Seconds on the file's own clock to seek to; undefined: decoding begins at the start of the video. */
  readonly seekTo: number | undefined
  /** Expression for ffmpeg's `select`: true for the wanted frames, and from frame `last` on. */
  readonly select: string
  /** Index of the frame with which decoding ends; undefined: it ends with the video. */
  readonly last: number | undefined
  /** Of the decoder; undefined: the usual number. */
  readonly threads?: number
}

export interface Division {
  /** Reach each wanted frame by a seek of its own, or decode everything. Default: what costs less CPU time. */
  readonly seek?: boolean | undefined
  /** Divide what is decoded whole. */
  readonly divide: boolean
  /** Frames of a stretch, at least. Default: so many that one more start of ffmpeg costs little beside them. */
  readonly stretchFrames?: number | undefined
  /** Start at the last keyframe before the first wanted frame. */
  readonly skip: boolean
}

/** Divides the reading of the wanted frames into stretches, in order. */
export function stretchesFor(
  info: VideoInfo,
  wanted: Uint32Array,
  sampling: Sampling,
  { seek, divide, stretchFrames = leastStretch(info), skip }: Division,
): readonly Stretch[] {
  const pieces = piecesOf(info, wanted, seek)
  if (pieces !== undefined) return pieces.map(piece => pieceOf(info, piece))
  const start = skip && info.seekable ? keyframeFor(info, wanted[0]!) : 0
  const bounds = divide && info.seekable ? boundsOf(info, start, stretchFrames) : []
  const stretches = [start, ...bounds].map((from, i) => stretchBetween(info, wanted, from, bounds[i], i > 0))
  if (bounds.length > 0 && stretches.every(stretch => stretch.wanted.length <= mostFrames)) return stretches
  const whole = { ...wholeOf(info, wanted), seekTo: secondsOf(info, start) }
  const select = samplingExpression(info.frameTimes, info.fps, sampling, wanted[0]!)
  return [select === undefined ? whole : { ...whole, select }]
}

/** All of the video as one stretch. */
export const wholeOf = ({ frameTimes }: VideoInfo, wanted: Uint32Array): Stretch => ({
  wanted,
  ...{ seekTo: undefined, last: undefined, select: framesExpression(frameTimes, wanted) },
})

/** The wanted frames after a seek, and nothing after them. They lie close together. */
export function pieceOf(info: VideoInfo, wanted: Uint32Array): Stretch {
  const last = wanted[wanted.length - 1]!
  const seekTo = secondsOf(info, keyframeFor(info, wanted[0]!))
  // With one thread fewer frames are decoded in vain after a seek.
  return { wanted, seekTo, last, select: selectUpTo(info, wanted, last), threads: 1 }
}

/** More make the expression of a stretch long. */
const mostFrames = 1000

function piecesOf(info: VideoInfo, wanted: Uint32Array, seek: boolean | undefined) {
  if (seek === undefined) return seekPieces(info, wanted)
  return seek && info.seekable ? Array.from(wanted, index => Uint32Array.of(index)) : undefined
}

/** Indices of the keyframes at which a stretch ends and the next one starts. */
function boundsOf({ frameTimes, frameCount }: VideoInfo, start: number, least: number): number[] {
  const bounds: number[] = []
  let from = start
  for (const key of frameTimes.keyframes) {
    if (key - from < least || frameCount - key < least) continue
    bounds.push(key)
    from = key
  }
  return bounds
}

/**
 * The stretch from the keyframe `from` to the keyframe `to`; undefined: to the end. The keyframe between two stretches
 * is decoded by both and given by the first: so it is seen whether the pictures change their size there, no frame is
 * skipped that may be damaged, and deinterlacing has the frame before.
 */
function stretchBetween(
  info: VideoInfo,
  all: Uint32Array,
  from: number,
  to: number | undefined,
  isLater: boolean,
): Stretch {
  const begin = isLater ? from + 1 : from
  const wanted = all.subarray(countBelow(all, begin), to === undefined ? all.length : countBelow(all, to + 1))
  const seekTo = secondsOf(info, from)
  const select = to === undefined ? framesExpression(info.frameTimes, wanted) : selectUpTo(info, wanted, to)
  return { wanted, seekTo, last: to, select }
}

function countBelow(values: Uint32Array, limit: number): number {
  const last = lastNotAbove(values, limit - 1)
  return values.length > 0 && values[last]! < limit ? last + 1 : 0
}

/** A frame that does not come does not make ffmpeg decode on to the end of the video: from `last` on all are selected. */
function selectUpTo({ frameTimes }: VideoInfo, wanted: Uint32Array, last: number): string {
  const before = wanted.subarray(0, wanted.length - (wanted[wanted.length - 1] === last ? 1 : 0))
  const ending = `gte(pts,${frameTimes.pts[last]!})`
  return before.length === 0 ? ending : `(${framesExpression(frameTimes, before)})+${ending}`
}
