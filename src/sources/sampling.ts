import { expected, UsageError } from '../common/errors.js'
import type { FrameTimes } from './frame-times.js'

/** Which frames to take; exactly one of the three is set. */
export interface Sampling {
  /** The first frame at or after each k/fps seconds; every frame when the video has a lower rate. */
  readonly fps?: number | undefined
  /** Every N-th frame. */
  readonly every?: number | undefined
  /** This many, equally spaced over the video; every frame when it has fewer. */
  readonly frames?: number | undefined
}

export const defaultSampling: Sampling = { fps: 5 }

/**
 * @returns `sampling`, or the default when nothing is set.
 * @throws UsageError when more than one is set or a value is out of range.
 */
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

/**
 * Indices of the frames to take, ascending. Each sampling is a linear function of the frame; a frame is taken when
 * the function reaches a new integer there.
 * @param frameRate frames per second.
 */
export function chooseFrames(frameTimes: FrameTimes, frameRate: number, sampling: Sampling): Uint32Array {
  const { pts } = frameTimes
  const count = pts.length
  if (sampling.fps !== undefined) {
    const { seconds, tolerance } = rounding(frameTimes, frameRate)
    const { fps } = sampling
    const first = pts[0]!
    const line = (ticks: number) => Math.floor(((ticks - first) * seconds + tolerance) * fps)
    return indicesWhere(count, i => i === 0 || line(pts[i]!) > line(pts[i - 1]!))
  }
  const wanted = sampling.every === undefined ? Math.min(sampling.frames ?? count, count) : 1
  const outOf = sampling.every ?? count
  const line = (n: number) => Math.floor((n * wanted) / outOf)
  return indicesWhere(count, i => line(i) > line(i - 1))
}

/**
 * Expression for ffmpeg's `select` that is true for the frames of `chooseFrames` from number `from` on, over `pts`,
 * so that it also holds after a seek. It uses the same doubles in the same order as `chooseFrames`. Undefined where
 * the choice does not depend on exact times alone.
 */
export function samplingExpression(
  frameTimes: FrameTimes,
  frameRate: number,
  { fps }: Sampling,
  from: number,
): string | undefined {
  if (fps === undefined || !frameTimes.exact) return undefined
  const { seconds, tolerance } = rounding(frameTimes, frameRate)
  const [first, start] = [frameTimes.pts[0]!, frameTimes.pts[from]!]
  const line = (name: string) => `floor(((${name}-(${first}))*${seconds}+${tolerance})*${fps})`
  // Half a tick earlier, since the comparison is between doubles.
  return `gte(pts,${start - 0.5})*(isnan(prev_pts)+gt(${line('pts')},${line('prev_pts')}))`
}

/**
 * Seconds of a tick, and by how much a frame may come too early: containers that round times (Matroska: to
 * milliseconds) may give it one tick too early, which is tolerated, but at most a quarter of a frame.
 */
function rounding({ tick }: FrameTimes, frameRate: number) {
  const seconds = tick.num / tick.den
  return { seconds, tolerance: Math.min(seconds, 0.25 / frameRate) }
}

/**
 * Longest time between two consecutive taken frames, in seconds; at most twice the mean, since a longer gap is a
 * pause in the recording. Infinite for fewer than two frames.
 */
export function longestInterval({ pts, tick }: FrameTimes, indices: Uint32Array): number {
  if (indices.length < 2) return Number.POSITIVE_INFINITY
  const seconds = tick.num / tick.den
  const times = Array.from(indices, index => pts[index]! * seconds)
  const mean = (times[times.length - 1]! - times[0]!) / (times.length - 1)
  let longest = 0
  for (let i = 1; i < times.length; i++) longest = Math.max(longest, times[i]! - times[i - 1]!)
  return Math.min(longest, 2 * mean)
}

function indicesWhere(count: number, taken: (index: number) => boolean): Uint32Array {
  const indices = new Uint32Array(count)
  let length = 0
  for (let i = 0; i < count; i++) if (taken(i)) indices[length++] = i
  return indices.slice(0, length)
}
