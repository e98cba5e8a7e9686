import { expected, UsageError } from '../common/errors.js'
import type { FrameTimes } from './timeline.js'

/** Which frames to take: exactly one of the three. */
export interface Sampling {
  /** The first frame at or after each k/fps seconds; a video slower than this gives each frame once. */
  readonly fps?: number | undefined
  /** Every N-th frame. */
  readonly every?: number | undefined
  /** This many, equally spaced over the whole video; all of them where it has fewer. */
  readonly frames?: number | undefined
}

export const defaultSampling: Sampling = { fps: 5 }

/** @throws UsageError */
export function checkSampling(sampling: Sampling): Sampling {
  const given = Object.entries(sampling).filter(([, value]) => value !== undefined)
  if (given.length === 0) return defaultSampling
  if (given.length > 1) {
    throw new UsageError(
      expected(
        'one of fps, every and frames',
        'the sampling',
        given.map(([key]) => key),
      ),
    )
  }
  const { fps, every, frames } = sampling
  if (fps !== undefined && !(fps > 0 && fps <= 1000)) {
    throw new UsageError(expected('a number above 0, up to 1000', 'fps', fps))
  }
  for (const [name, value] of Object.entries({ every, frames })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw new UsageError(expected('a whole number from 1', name, value))
    }
  }
  return sampling
}

/** The same choice of frames said twice, once for us and once for ffmpeg. */
export interface Plan {
  /** Frames to take, ascending. */
  readonly indices: Uint32Array
  /** Expression for ffmpeg's `select` that is true for these frames when it sees all of them. */
  readonly select: string
}

/**
 * Each way of sampling is a straight line over the frames, and a frame is taken when the line passes a
 * whole number at it. Both sides calculate with the same doubles in the same order, so that they agree.
 */
export function planFrames(timeline: FrameTimes, frameRate: number, sampling: Sampling): Plan {
  const { pts, tick } = timeline
  const count = pts.length
  if (sampling.fps !== undefined) {
    // Files that round their times (Matroska to milliseconds) may show a frame a tick before it is due;
    // where a tick is long, a quarter of a frame is as far as rounding is believed.
    const seconds = tick.num / tick.den
    const early = Math.min(seconds, 0.25 / frameRate)
    const { fps } = sampling
    const first = pts[0]!
    const line = (ticks: number) => Math.floor(((ticks - first) * seconds + early) * fps)
    const term = (name: string) => `floor(((${name}-(${first}))*${seconds}+${early})*${fps})`
    return {
      indices: where(count, i => i === 0 || line(pts[i]!) > line(pts[i - 1]!)),
      select: `isnan(prev_pts)+gt(${term('pts')},${term('prev_pts')})`,
    }
  }
  const wanted = sampling.every === undefined ? Math.min(sampling.frames ?? count, count) : 1
  const among = sampling.every ?? count
  const line = (n: number) => Math.floor((n * wanted) / among)
  return {
    indices: where(count, i => line(i) > line(i - 1)),
    select: `gt(floor(n*${wanted}/${among}),floor((n-1)*${wanted}/${among}))`,
  }
}

/** Whether the expression looks at times alone, so that it holds from anywhere in the video on. */
export const isChosenByTime = (sampling: Sampling): boolean => checkSampling(sampling).fps !== undefined

/**
 * Seconds between two frames that are taken, at most; a pause in the recording, over twice the mean, is
 * no interval of the sampling. Infinite for a single frame.
 */
export function longestInterval({ pts, tick }: FrameTimes, indices: Uint32Array): number {
  if (indices.length < 2) return Number.POSITIVE_INFINITY
  const seconds = tick.num / tick.den
  const times = Array.from(indices, index => pts[index]! * seconds)
  const mean = (times.at(-1)! - times[0]!) / (times.length - 1)
  let longest = 0
  for (let i = 1; i < times.length; i++) longest = Math.max(longest, times[i]! - times[i - 1]!)
  return Math.min(longest, 2 * mean)
}

function where(count: number, taken: (index: number) => boolean): Uint32Array {
  const indices = new Uint32Array(count)
  let length = 0
  for (let i = 0; i < count; i++) if (taken(i)) indices[length++] = i
  return indices.slice(0, length)
}
