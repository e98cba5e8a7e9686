import { describe, expect, test } from 'vitest'
import { type Random, randomFor } from '../../dist/common/random.js'
import type { FrameTimes } from '../../dist/sources/frame-times.js'
import { mendTimes } from '../../dist/sources/mend-times.js'
import { PacketTimes } from '../../dist/sources/packet-times.js'
import { chooseFrames, type Sampling, samplingExpression } from '../../dist/sources/sampling.js'
import { selectExpression, timesExpression } from '../../dist/sources/select.js'

const longestGap = 1000

const whole = (random: Random, below: number) => Math.floor(random() * below)
const pick = <T>(random: Random, values: readonly T[]) => values[whole(random, values.length)]!

/** Ascending times with good intervals, at a constant or varying rate. */
function goodTimes(random: Random, length = whole(random, 60)): Float64Array {
  const usual = 1 + whole(random, 50)
  const spread = pick(random, [0, 0, 1, usual, longestGap - usual])
  let time = pick(random, [0, -5, 1e6, -1e12, 2 ** 40]) + whole(random, 100)
  return Float64Array.from({ length }, () => {
    time += usual + whole(random, spread + 1)
    return time
  })
}

/** What files do to times. */
const spoilers: readonly ((times: Float64Array, at: number, random: Random) => void)[] = [
  (times, at) => times.fill(Number.NaN, at),
  (times, at, random) => times.fill(Number.NaN, at, at + 1 + whole(random, 4)),
  (times, at, random) => times.fill(times[at]!, at, at + 1 + whole(random, 4)),
  (times, at, random) => times.fill(0, at, at + whole(random, 20)),
  (times, at, random) => {
    const jump = pick(random, [-1, 1, -30, 30, -longestGap, longestGap + 1, -(2 ** 33), 2 ** 33, 2 ** 44])
    for (let i = at; i < times.length; i++) times[i]! += jump
  },
  (times, at, random) => {
    times[at]! += pick(random, [-1, 1, -100, 100, -(2 ** 33), 2 ** 33, -(2 ** 62), 2 ** 63, 1e300])
  },
  (times, at) => times.subarray(at, at + 7).reverse(),
  (times, at) => times.copyWithin(at, 0),
]

function badTimes(random: Random): Float64Array {
  const times = goodTimes(random)
  for (let i = whole(random, 6); i > 0; i--)
    pick(random, spoilers)(times, whole(random, times.length), random)
  return times
}

const isAscending = (values: ArrayLike<number>) =>
  Array.from(values).every((value, i) => i === 0 || value > values[i - 1]!)

const frameTimesOf = (pts: Float64Array, exact: boolean, den = 90_000): FrameTimes => ({
  ...{ tick: { num: 1, den }, pts, clock: pts, keyframes: new Uint32Array(), exact, before: 0 },
})

/** An expression of ffmpeg as a function; its `if` does not evaluate both branches, which changes no result. */
function evaluator(expression: string, ...names: string[]): (...values: number[]) => number {
  const stored: number[] = []
  const functions = {
    st: (at: number, value: number) => {
      stored[at] = value
      return value
    },
    ld: (at: number) => stored[at],
    choose: (condition: number, yes: number, no: number) => (condition === 0 ? no : yes),
    eq: (a: number, b: number) => Number(a === b),
    lt: (a: number, b: number) => Number(a < b),
    gt: (a: number, b: number) => Number(a > b),
    gte: (a: number, b: number) => Number(a >= b),
    between: (a: number, low: number, high: number) => Number(a >= low && a <= high),
    floor: Math.floor,
    ceil: Math.ceil,
    isnan: (a: number) => Number(Number.isNaN(a)),
  }
  const code = `return (${expression.replaceAll('if(', 'choose(').replaceAll(';', ',')})`
  const compiled = new Function(...Object.keys(functions), ...names, code)
  return (...values) => Number(compiled(...Object.values(functions), ...values))
}

describe('mendTimes', () => {
  // Otherwise a frame would have no time or share one, or come before the frame that is shown before it.
  test('gives every frame a later time than the one before', () => {
    for (let trial = 0; trial < 10_000; trial++) {
      const clock = badTimes(randomFor('bad', trial))
      const { times, mended, jumps } = mendTimes(clock, longestGap, 40)
      const good = times.length === clock.length && isAscending(times) && times.every(Number.isFinite)
      if (!good) expect({ trial, clock, times }).toBeUndefined()
      expect(mended + jumps).toBeLessThanOrEqual(clock.length)
    }
  })

  // Otherwise a good video would get other times than it has, by a mending that it does not need.
  test('leaves good times as they are', () => {
    for (let trial = 0; trial < 2000; trial++) {
      const clock = goodTimes(randomFor('good', trial))
      expect(mendTimes(clock, longestGap, 40)).toEqual({ times: clock, mended: 0, jumps: 0 })
    }
  })

  // Otherwise one bad time would move all the frames after it.
  test('changes nothing but a single bad time', () => {
    for (let trial = 0; trial < 2000; trial++) {
      const random = randomFor('single', trial)
      const clock = goodTimes(random, 10 + whole(random, 50))
      const expected = clock.slice()
      const at = 2 + whole(random, clock.length - 5)
      clock[at] = pick(random, [Number.NaN, clock[at - 1]!, clock[0]! - 5, clock[at]! + 2 ** 33])
      const { times } = mendTimes(clock, 2 * longestGap, 40)
      expected[at] = times[at]!
      if (!times.every((time, i) => time === expected[i])) expect({ trial, at, clock, times }).toBeUndefined()
    }
  })
})

describe('expressions for ffmpeg', () => {
  const samplings = (random: Random): Sampling =>
    pick<Sampling>(random, [
      { fps: pick(random, [0.01, 1, 5, 7.3, 23.976, 1000, random() * 60]) },
      { every: 1 + whole(random, pick(random, [3, 40, 1000])) },
      { frames: 1 + whole(random, 400) },
    ])

  // Otherwise frames that were chosen would be missing, or ffmpeg would convert frames for nothing.
  test('over n select exactly the chosen frames', () => {
    for (let trial = 0; trial < 600; trial++) {
      const random = randomFor('n', trial)
      const pts = random() < 0.5 ? goodTimes(random, 1 + whole(random, 400)) : mendedOf(random)
      const times = frameTimesOf(pts, false, pick(random, [1000, 90_000, 25]))
      const chosen = chooseFrames(times, 25, samplings(random))
      const indices = chosen.subarray(whole(random, chosen.length)).map(index => index + trial)
      const selects = evaluator(selectExpression(indices), 'n')
      const selected = Array.from({ length: pts.length + trial }, (_, n) => n).filter(n => selects(n) !== 0)
      if (selected.join() !== indices.join()) expect({ trial, selected, indices }).toBeUndefined()
    }
  })

  // Otherwise an irregular choice would be taken for a regular one.
  test('over n select exactly any frames', () => {
    for (let trial = 0; trial < 250; trial++) {
      const random = randomFor('any', trial)
      const share = random()
      const indices = Uint32Array.from({ length: 300 }, (_, n) => n).filter(() => random() < share)
      const selects = evaluator(selectExpression(indices), 'n')
      const selected = Array.from({ length: 320 }, (_, n) => n).filter(n => selects(n) !== 0)
      if (selected.join() !== indices.join()) expect({ trial, selected, indices }).toBeUndefined()
    }
  })

  // Otherwise a read that goes on after a seek would have other frames than one from the start.
  test('over pts select exactly the chosen frames', () => {
    for (let trial = 0; trial < 1000; trial++) {
      const random = randomFor('pts', trial)
      const times = frameTimesOf(
        goodTimes(random, 1 + whole(random, 300)),
        true,
        pick(random, [1000, 90_000]),
      )
      const fps = pick(random, [0.01, 1, 5, 7.3, 23.976, 1000])
      const chosen = chooseFrames(times, 25, { fps })
      const from = pick(random, Array.from(chosen))
      const selects = evaluator(samplingExpression(times, 25, { fps }, from)!, 'pts', 'prev_pts')
      const { pts } = times
      const selected = Array.from(pts.keys()).filter(i => selects(pts[i]!, pts[i - 1] ?? Number.NaN) !== 0)
      if (selected.join() !== chosen.filter(index => index >= from).join()) {
        expect({ trial, selected, chosen, from }).toBeUndefined()
      }
    }
  })

  // Otherwise frames of a piece after a seek would be missing.
  test('over times select exactly these', () => {
    for (let trial = 0; trial < 500; trial++) {
      const random = randomFor('times', trial)
      const pts = Array.from(goodTimes(random, 1 + whole(random, 100)))
      const wanted = pts.filter((_, i) => i === 0 || random() < 0.3)
      const selects = evaluator(timesExpression(wanted), 'pts')
      expect(pts.filter(time => selects(time) !== 0)).toEqual(wanted)
    }
  })
})

function mendedOf(random: Random): Float64Array {
  const { times } = mendTimes(badTimes(random), longestGap, 40)
  return times.length > 0 ? times : Float64Array.of(0)
}

describe('PacketTimes', () => {
  const fields = new Map([['codec_name', 'hevc']])
  const tick = { num: 1, den: 90_000 }

  // Otherwise frames would be lost or doubled where the packets do not tell them.
  test('gives ascending times of all packets, or none', () => {
    let exact = 0
    for (let trial = 0; trial < 3000; trial++) {
      const random = randomFor('packets', trial)
      const pts = random() < 0.4 ? goodTimes(random) : badTimes(random)
      const packets = new PacketTimes()
      pts.forEach((time, i) => {
        const flags = i === 0 || random() < 0.2 ? 'K__' : random() < 0.02 ? '__C' : '___'
        packets.add(time, random() < 0.9 ? time : Number.NaN, 1, flags)
      })
      const times = packets.frameTimes(tick, longestGap, fields)
      const lostAt = packets.lostAt(longestGap)
      expect(lostAt === undefined || pts.includes(lostAt)).toBe(true)
      if (times === undefined) continue
      exact++
      expect(times.pts).toEqual(pts.slice().sort())
      expect(isAscending(times.pts) && isAscending(times.keyframes) && times.keyframes[0] === 0).toBe(
        pts.length > 0,
      )
    }
    expect(exact).toBeGreaterThan(600)
  })

  // Otherwise the frames of a video with B-frames would be out of order, or it would be decoded twice for nothing.
  test('puts frames in the order in which they are shown', () => {
    for (let trial = 0; trial < 1000; trial++) {
      const random = randomFor('reordered', trial)
      const pts = goodTimes(random, 2 + whole(random, 50))
      const packets = new PacketTimes()
      // Each group: a picture, then those that are shown before it.
      for (let i = 0; i < pts.length; ) {
        const group = i === 0 ? 1 : 1 + whole(random, 4)
        const shown = pts.subarray(i, i + group)
        const coded = [shown[shown.length - 1]!, ...shown.subarray(0, -1)]
        coded.forEach((time, k) => {
          packets.add(time, pts[0]! - 10_000 + i + k, 1, i === 0 ? 'K_' : '__')
        })
        i += group
      }
      expect(packets.frameTimes(tick, longestGap, fields)?.pts).toEqual(pts)
    }
  })
})
