import { differences, medianOfPositive } from './frame-times.js'

export interface MendedTimes {
  /** Ascending. */
  readonly times: Float64Array
  /** Frames whose time was missing, repeated or backward. */
  readonly mended: number
  /** How often the clock was set to another time, as where two recordings were joined. */
  readonly jumps: number
}

/**
 * A longer interval is a jump of the clock, and no gap: of the clocks of broadcast and streaming formats, which may
 * be set anew at any time, soon; of others only if it is much longer than a pause of a camera that skips frames.
 */
export const longestGapSeconds = (format: string): number =>
  /mpegts|mpeg|flv|ogg|wtv/.test(format) ? 10 : 60

/**
 * Mends the times of frames in the order in which they are shown. A bad time is replaced by one between those of its
 * neighbors. Where the clock jumps back, or on by more than `longestGap`, times go on by the usual interval. All
 * other gaps stay.
 *
 * @param clock times in any unit, NaN where there is none; such as are absurdly large do not count.
 * @param usual interval, where the times do not tell it.
 */
export function mendTimes(clock: Float64Array, longestGap: number, usual: number): MendedTimes {
  const intervals = differences(clock).filter(interval => interval <= longestGap)
  const interval = medianOfPositive(intervals) ?? usual
  const times = new Float64Array(clock.length).fill(Number.NaN)
  // Beyond, a double is too coarse for times between two frames.
  const isUsable = (time: number) => Math.abs(time) < interval * 2 ** 42
  const follows = (time: number, last: number) => time > last && time - last <= longestGap
  let offset = 0
  let jumps = 0
  /** Index of the last frame with a good time, and of the one before. */
  let [last, previous] = [-1, -1]
  for (let i = 0; i < clock.length; i++) {
    if (!isUsable(clock[i]!)) continue
    const time = clock[i]! + offset
    if (last === -1 || follows(time, times[last]!)) {
      times[i] = time
    } else {
      const next = clock.subarray(i + 1, i + 3).find(isUsable)
      const after = (next ?? Number.NaN) + offset
      // Only this time is bad: the next one continues the old line.
      if (follows(after, times[last]!)) continue
      if (previous !== -1 && follows(time, times[previous]!) && follows(after, time)) {
        // Only the last time was bad: without it, the line continues.
        times[last] = Number.NaN
        last = previous
        times[i] = time
      } else if (next === undefined && time <= times[last]!) {
        continue
      } else {
        times[i] = times[last]! + interval * (i - last)
        offset += times[i]! - time
        jumps++
      }
    }
    previous = last
    last = i
  }
  const mended = times.reduce((count, time) => count + (Number.isNaN(time) ? 1 : 0), 0)
  fill(times, interval)
  return { times, mended, jumps }
}

/** Replaces NaN: between two times evenly, at both ends by the usual interval. */
function fill(times: Float64Array, interval: number): void {
  const known = times.findIndex(time => !Number.isNaN(time))
  const start = known === -1 ? 0 : times[known]! - known * interval
  let last = -1
  for (let i = 0; i <= times.length; i++) {
    if (i < times.length && Number.isNaN(times[i])) continue
    const from = last === -1 ? start - interval : times[last]!
    const step = i === times.length || last === -1 ? interval : (times[i]! - from) / (i - last)
    for (let k = last + 1; k < i; k++) times[k] = from + (k - last) * step
    last = i
  }
}

/**
 * Without times in the file, a frame gets that of the packet with which the decoder gives it. The last ones come
 * after all packets: builds of ffmpeg guess their times, each in its own way. They go on by the usual interval here.
 *
 * @param last time of a packet.
 */
export function withoutGuesses(clock: Float64Array, last: number, usual: number): Float64Array {
  const guessed = clock.findIndex(time => time > last)
  if (guessed < 1) return clock
  const interval = medianOfPositive(differences(clock.subarray(0, guessed))) ?? usual
  const start = clock[guessed - 1]!
  return clock.map((time, i) => (i < guessed ? time : start + (i - guessed + 1) * interval))
}
