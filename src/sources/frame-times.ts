/** Presentation times of a video's frames and its keyframes. Times are in ticks of `tick` seconds. */
export interface FrameTimes {
  /** Length of a tick in seconds, as a fraction. */
  readonly tick: Rational
  /** Presentation times, ascending, one for each frame that the decoder gives. A mended time may be a fraction. */
  readonly pts: Float64Array
  /** The same times as the file has them: NaN where it has none, descending where its clock went back. */
  readonly clock: Float64Array
  /** Indices of the frames at which a decoder can start, ascending; empty unless `exact`. */
  readonly keyframes: Uint32Array
  /**
   * Whether a decoded frame is recognized by its time, also after a seek. Otherwise it is recognized by its place
   * in the order of decoding, which must then begin at the start of the video.
   */
  readonly exact: boolean
  /** Pictures that a decoder may give before the first frame: made of what a recording does not have, they do not count. */
  readonly before: number
}

export interface Rational {
  readonly num: number
  readonly den: number
}

/** Milliseconds from the first frame to frame `index`. */
export function millisecondsAt({ pts, tick }: FrameTimes, index: number): number {
  return ((pts[index]! - pts[0]!) * 1000 * tick.num) / tick.den
}

/** Index of the last of the ascending `values` that is at most `value`; 0 when all are larger. */
export function lastNotAbove(values: Float64Array | Uint32Array, value: number): number {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (values[middle]! <= value) low = middle
    else high = middle - 1
  }
  return low
}

/** Median of the positive values; undefined when there is none. */
export function medianOfPositive(values: Float64Array): number | undefined {
  const positive = values.filter(value => value > 0).sort()
  return positive[positive.length >> 1]
}

/** Differences between consecutive values. */
export function differences(values: Float64Array): Float64Array {
  // A loop, since `from` with a function takes seconds for hours of video.
  const intervals = new Float64Array(Math.max(0, values.length - 1))
  for (let i = 0; i < intervals.length; i++) intervals[i] = values[i + 1]! - values[i]!
  return intervals
}

/**
 * The frame rate: the inverse of the usual interval, so that gaps do not change it. A header's rate, which is exact
 * (30000/1001), is taken where the times confirm it.
 *
 * @param nominal rates from the header, most trusted first.
 */
export function frameRateOf({ pts, tick }: FrameTimes, nominal: readonly Rational[]): Rational {
  const intervals = differences(pts)
  const median = medianOfPositive(intervals)
  if (median === undefined) return nominal[0] ?? { num: 25, den: 1 }
  // The mean around the median: times are rounded to ticks, and film on video alternates between two intervals.
  const between = (low: number, high: number) =>
    intervals.filter(interval => interval >= median * low && interval <= median * high)
  const steady = between(0.9, 1.1)
  const usual = steady.length > intervals.length * 0.8 ? steady : between(0.6, 1.51)
  const mean = usual.reduce((sum, interval) => sum + interval, 0) / usual.length
  const measured = tick.den / (mean * tick.num)
  const tolerance = Math.max(0.005, 1 / pts.length)
  const error = ({ num, den }: Rational) => Math.abs(num / den / measured - 1)
  const usualRates = [
    { num: Math.round(measured), den: 1 },
    { num: Math.ceil(measured) * 1000, den: 1001 },
  ].sort((a, b) => error(a) - error(b))
  // The header's rate may itself be measured from rounded times: a usual rate that fits the times is the true one.
  const rounding = 2 / (mean * usual.length)
  const [best] = [...usualRates.filter(rate => error(rate) < rounding), ...nominal, ...usualRates].filter(
    rate => error(rate) < tolerance,
  )
  return best ?? { num: Math.round(measured * 1000) || 1, den: 1000 }
}

/** Whether the frame rate varies; at a constant rate, rounding to ticks moves each time by at most one tick. */
export function isVariable({ pts }: FrameTimes): boolean {
  let shortest = Number.POSITIVE_INFINITY
  let longest = 0
  for (const interval of differences(pts)) {
    shortest = Math.min(shortest, interval)
    longest = Math.max(longest, interval)
  }
  return longest - shortest > Math.max(2, 0.1 * shortest)
}
