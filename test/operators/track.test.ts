import { describe, expect, it } from 'vitest'
import { UsageError } from '../../dist/common/errors.js'
import { type TrackOptions, track } from '../../dist/operators/track.js'
import type { StepContext } from '../../dist/runtime/operator.js'
import type { DetectedFrame, Detection, TrackedFrame } from '../../dist/types.js'
import { frameOf } from '../support/pictures.js'
import { thumbnailAt, type View } from '../vision/tracking/view.js'

const width = 960
const height = 540
/** Pixels of the frame per pixel of the thumbnail. */
const cell = 10

type Color = readonly [r: number, g: number, b: number]
const red: Color = [190, 30, 40]
const blue: Color = [30, 50, 180]

interface Player {
  readonly x: number
  readonly y?: number
  readonly confidence?: number
  readonly kit?: Color
  /** Of the lower half; that of the kit by default. */
  readonly shorts?: Color
}

interface Shot extends Partial<View> {
  readonly ms: number
  readonly seen: readonly Player[]
  readonly camera?: number
}

/** A green frame with figures of 100 px, all of them detected. */
function shot({ ms, seen, camera = 1, ...view }: Shot): DetectedFrame {
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 1; i < rgb.length; i += 3) rgb[i] = 120
  const detections = seen.map(({ x, y = 300, confidence = 0.8, kit = red, shorts = kit }): Detection => {
    for (let row = y - 50; row < y + 50; row++) {
      for (let column = x - 14; column < x + 14; column++) {
        if (column >= 0 && column < width) rgb.set(row < y ? kit : shorts, (row * width + column) * 3)
      }
    }
    return { xyxy: [x - 20, y - 50, x + 20, y + 50], confidence, classId: 0 }
  })
  const frame = frameOf({ width, height, rgb }, Math.round(ms / 40), ms)
  return { frame, detections, thumbnail: thumbnailAt(camera, { x: 100, seed: ms + 1, ...view }) }
}

type Tracker = ReturnType<ReturnType<typeof track>['make']>

/** The tracker is synchronous: it returns no promise. */
const stepOf = (tracker: Tracker, it: Shot, context: StepContext): readonly TrackedFrame[] => {
  const outputs = tracker.step(shot(it), context)
  if (outputs instanceof Promise) throw new Error('Expected outputs at once')
  return outputs
}

/** Runs shots through a tracker: the positions of each track per frame, and the counts. */
function run(shots: readonly Shot[], options?: Partial<TrackOptions>) {
  const tracker = track(options).make()
  const dropped: Record<string, number> = {}
  const counts = { in: 0, out: 0 }
  const context = {
    drop(reason: string, count = 1) {
      dropped[reason] = (dropped[reason] ?? 0) + count
    },
    flag() {},
    count(itemsIn: number, itemsOut: number) {
      counts.in += itemsIn
      counts.out += itemsOut
    },
  }
  const outputs = shots.flatMap(it => stepOf(tracker, it, context))
  const places = outputs.map(({ detections }) =>
    Object.fromEntries(detections.map(({ trackId, xyxy }) => [trackId, xyxy[0] + 20])),
  )
  return { outputs, places, dropped, counts, stats: outputs.at(-1)?.tracks }
}

describe('track', () => {
  // Otherwise detections.json would lack frames, and the lease of a frame without players would never be released.
  it('gives one output for each frame, in order, also without players', () => {
    const { outputs } = run([
      { ms: 0, seen: [] },
      { ms: 200, seen: [{ x: 300 }] },
      { ms: 400, seen: [] },
    ])
    expect(outputs.map(({ frame, detections }) => [frame.index, detections.length])).toEqual([
      [0, 0],
      [5, 0],
      [10, 0],
    ])
  })

  // Otherwise file names, which contain the index of a detection, would depend on the order of the detector.
  it('lists detections by track id', () => {
    const { outputs } = run([
      { ms: 0, seen: [{ x: 300 }, { x: 600 }] },
      { ms: 200, seen: [{ x: 605 }, { x: 305 }] },
    ])
    expect(outputs.map(({ detections }) => detections.map(({ trackId }) => trackId))).toEqual([
      [1, 2],
      [1, 2],
    ])
  })

  // Otherwise detections would disappear silently.
  it('counts every detection as tracked or dropped', () => {
    const { counts, dropped } = run([
      { ms: 0, seen: [{ x: 300 }, { x: 100, confidence: 0.2 }] },
      { ms: 200, seen: [{ x: 300 }, { x: 700 }, { x: 100, confidence: 0.45 }] },
      { ms: 400, seen: [{ x: 300 }, { x: 700 }] },
    ])
    expect(dropped).toEqual({ unconfirmed: 1, low_confidence: 2 })
    expect(counts).toEqual({ in: 7, out: 4 })
  })

  // Otherwise a person in the new view could inherit the identity of a player at the same position.
  it('starts new tracks after a cut and never reuses an id', () => {
    const { places, stats } = run([
      { ms: 0, seen: [{ x: 300 }] },
      { ms: 200, seen: [{ x: 300 }], camera: 2 },
      { ms: 400, seen: [{ x: 300 }], camera: 2 },
      { ms: 600, seen: [{ x: 300 }], camera: 1 },
    ])
    expect(places).toEqual([{ 1: 300 }, { 2: 300 }, { 2: 300 }, { 3: 300 }])
    expect(stats).toEqual({ opened: 3, closed: 2, cuts: 2 })
  })

  // Otherwise ids would be swapped: each step of the pan moves one player to the previous position of another.
  it('keeps ids during a fast pan', () => {
    const xs = [150, 350, 550, 750]
    const shots = [0, 1, 2, 3].map(i => ({
      ms: 200 * i,
      x: 100 + 20 * i,
      seen: xs.map(x => ({ x: x - 20 * cell * i })).filter(({ x }) => x > 0),
    }))
    const { places, stats } = run(shots)
    expect(places).toEqual([
      { 1: 150, 2: 350, 3: 550, 4: 750 },
      { 2: 150, 3: 350, 4: 550 },
      { 3: 150, 4: 350 },
      { 4: 150 },
    ])
    expect(stats).toEqual({ opened: 4, closed: 0, cuts: 0 })
  })

  // Otherwise opponents who meet and separate could be swapped: only their kits tell whether they passed each other.
  it('distinguishes opponents by their kits', () => {
    const paths = [320, 360, 400, 430, 450, 450, 430, 400, 360]
    const shots = paths.map((x, i) => ({
      ms: 200 * i,
      seen: [
        { x, kit: red },
        { x: 920 - x, kit: blue },
      ],
    }))
    const { places } = run(shots)
    expect(places).toEqual(paths.map(x => ({ 1: x, 2: 920 - x })))
  })

  // Otherwise a goalkeeper or a player of the other team in the same shirt would be lost in a meeting.
  it('distinguishes players in one shirt by their shorts', () => {
    const paths = [320, 360, 400, 430, 450, 450, 430, 400, 360]
    const shots = paths.map((x, i) => ({
      ms: 200 * i,
      seen: [
        { x, shorts: red },
        { x: 920 - x, shorts: blue },
      ],
    }))
    const { places } = run(shots)
    expect(places).toEqual(paths.map(x => ({ 1: x, 2: 920 - x })))
  })

  // Otherwise the colors of a box over the border of the frame would be undefined.
  it('accepts boxes over the border of the frame', () => {
    const { places } = run([
      { ms: 0, seen: [{ x: 5 }, { x: 955 }] },
      { ms: 200, seen: [{ x: 5 }, { x: 955 }] },
    ])
    expect(places[1]).toEqual({ 1: 5, 2: 955 })
  })

  // Otherwise detections of frames minutes apart would be joined at random.
  it('gives each detection its own track when frames are sparse', () => {
    const seen = [{ x: 300 }, { x: 600 }, { x: 100, confidence: 0.2 }]
    const { places, dropped, counts, stats } = run(
      [
        { ms: 0, seen },
        { ms: 60_000, seen },
      ],
      { sparse: true },
    )
    expect(places).toEqual([
      { 1: 300, 2: 600 },
      { 3: 300, 4: 600 },
    ])
    expect(dropped).toEqual({ low_confidence: 2 })
    expect(counts).toEqual({ in: 6, out: 4 })
    expect(stats).toEqual({ opened: 4, closed: 4, cuts: 0 })
  })

  // Otherwise a resumed run would give players other ids from there on.
  it.each([
    ['following', {}],
    ['sparse', { sparse: true }],
  ])('restored from its state as JSON, it continues with the same results: %s', (_, options) => {
    const shots: Shot[] = Array.from({ length: 12 }, (_, i) => ({
      ms: 200 * i + (i > 7 ? 90 : 0),
      // A pan, and a cut to another camera.
      x: 100 + 3 * i,
      camera: i < 6 ? 1 : 2,
      seen: [
        { x: 150 + 20 * i, kit: red },
        // Passes the other player, and is out of sight for a while.
        ...(i % 5 === 3 ? [] : [{ x: 420 - 25 * i, kit: blue, confidence: 0.45 + 0.02 * i }]),
        // Comes late, with a low confidence, and is seen once.
        ...(i === 4 ? [{ x: 800, confidence: 0.6 }] : []),
        ...(i > 8 ? [{ x: 700 - 10 * i, confidence: 0.3 }] : []),
      ],
    }))
    const context = { drop() {}, count() {}, flag() {} }
    const seen = (tracker: Tracker, some: readonly Shot[]) =>
      some.flatMap(it => stepOf(tracker, it, context)).map(({ detections }) => detections)
    const whole = track(options).make()
    const expected = seen(whole, shots)
    for (let stop = 0; stop <= shots.length; stop++) {
      const first = track(options).make()
      seen(first, shots.slice(0, stop))
      const second = track(options).make()
      second.restore(JSON.parse(JSON.stringify(first.snapshot())))
      expect(seen(second, shots.slice(stop))).toEqual(expected.slice(stop))
      expect(second.snapshot()).toEqual(whole.snapshot())
    }
  })

  // Otherwise a run of hours would end without tracks.
  it.each([
    [{ highThreshold: 7 }, 'Expected a number from 0 to 1 for highThreshold but received 7'],
    [{ lostSeconds: -1 }, 'Expected a number of seconds, 0 or more, for lostSeconds but received -1'],
  ])('refuses %o', (options, message) => {
    expect(() => track(options)).toThrow(new UsageError(message))
  })
})
