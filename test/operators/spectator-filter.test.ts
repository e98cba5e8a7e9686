import { beforeAll, describe, expect, test } from 'vitest'
import { spectatorFilter } from '../../dist/operators/spectator-filter.js'
import { track } from '../../dist/operators/track.js'
import type { Motion, TrackedFrame, Xyxy } from '../../dist/types.js'
import { frameThumbnail } from '../../dist/vision/detectors/frame-thumbnail.js'
import { picturesOf } from '../support/clips.js'
import { dropping } from '../support/crops.js'
import { drawnMatch } from '../support/matches.js'
import { frameOf } from '../support/pictures.js'
import { readTruth } from '../support/truth.js'

/** Where the feet of a person are at a time in seconds, and the height there; undefined out of sight. */
type Person = (
  seconds: number,
) => { readonly x: number; readonly y: number; readonly tall?: number } | undefined

const fps = 5
const picture = { ...frameOf({ width: 1, height: 1, rgb: new Uint8Array(3) }), width: 1280, height: 720 }
/** The camera pans, in pixels a frame. */
const pan = 7
const panned: Motion = { a: 1, b: 0, dx: -pan, dy: 0 }

/** Players run between rows 300 and 600; someone in row y is y / 5 tall. */
const players: Person[] = [300, 360, 420, 480, 540, 600].map((y, i) => seconds => ({
  x: 300 + 100 * i + 150 * Math.sin(2 * seconds + i),
  y,
}))
const at =
  (x: number, y: number, tall?: number): Person =>
  () => ({ x, y, ...(tall !== undefined && { tall }) })
/** A row of five who sit behind the play. */
const bench = [400, 425, 450, 475, 500].map(x => at(x, 240))

/** The frames of people with track ids from 1. */
function frames(
  people: readonly Person[],
  seconds: number,
  motion: Motion | undefined = panned,
): TrackedFrame[] {
  return Array.from({ length: seconds * fps }, (_, i) => ({
    frame: { ...picture, index: i, ptsMs: (1000 * i) / fps },
    tracks: { opened: people.length, closed: 0, cuts: 0 },
    motion: i === 0 ? undefined : motion,
    detections: people.flatMap((person, id) => {
      const seen = person(i / fps)
      if (seen === undefined) return []
      const { y, tall = y / 5 } = seen
      const x = seen.x + (motion?.dx ?? -pan) * i
      const xyxy: Xyxy = [x - tall / 5, y - tall, x + tall / 5, y]
      return [{ xyxy, confidence: 0.9, classId: 0, trackId: id + 1 }]
    }),
  }))
}

const make = () => spectatorFilter().make()

/** The ids that are kept, frame by frame, and the drops. */
async function run(inputs: readonly TrackedFrame[], filter = make()) {
  const context = dropping()
  const kept: Set<number>[] = []
  for (const input of inputs) {
    const [output] = await filter.step(input, context)
    kept.push(new Set(output!.detections.map(({ trackId }) => trackId)))
  }
  /** Seconds for which each person was kept. */
  const secondsOf = (id: number) => kept.filter(ids => ids.has(id)).length / fps
  return { kept, secondsOf, dropped: context.dropped }
}

test('a row of people who sit behind the play is dropped after two seconds, while the camera pans', async () => {
  // Otherwise a bench or a stand on ground of the surface's color would be identities.
  const { secondsOf, dropped } = await run(frames([...players, ...bench], 8))
  for (const i of players.keys()) expect(secondsOf(i + 1)).toBe(8)
  for (const i of bench.keys()) expect(secondsOf(players.length + i + 1)).toBeLessThanOrEqual(3)
  expect(dropped.spectator).toBeGreaterThan(5 * 5 * fps)
})

test('a goalkeeper, a wall and a linesman who stand still are kept', async () => {
  // Otherwise players would be lost who wait: recall comes before precision.
  const keeper = at(1100, 450)
  const wall = [500, 530, 560, 590].map(x => at(x, 330))
  const beside = at(100, 290)
  const { kept } = await run(frames([...players, keeper, ...wall, beside], 8))
  for (const ids of kept) expect(ids.size).toBe(players.length + 6)
})

test('someone alone far beyond the play is dropped only after five seconds', async () => {
  // Otherwise a goalkeeper would be lost while the others play at the far end; or a coach never be dropped.
  const { secondsOf } = await run(frames([...players, at(600, 160)], 8))
  expect(secondsOf(players.length + 1)).toBeGreaterThanOrEqual(5)
  expect(secondsOf(players.length + 1)).toBeLessThan(6)
})

test('a substitute is kept from the first strides on, and when standing again', async () => {
  // Otherwise everyone who comes from the bench would be lost.
  const substitute: Person = seconds => ({ x: 525 + 40 * Math.min(2, Math.max(0, seconds - 4)), y: 240 })
  const { kept } = await run(frames([...players, ...bench, substitute], 10))
  const id = players.length + bench.length + 1
  expect(kept[4 * fps - 1]!.has(id)).toBe(false)
  for (const ids of kept.slice(5 * fps)) expect(ids.has(id)).toBe(true)
})

test('a track that begins in a crowd is dropped from its first frame on', async () => {
  // Otherwise each flicker of a crowd would be an identity of two seconds.
  const late: Person = seconds => (seconds < 6 ? undefined : { x: 440, y: 242 })
  const { secondsOf } = await run(frames([...players, ...bench, late], 8))
  expect(secondsOf(players.length + bench.length + 1)).toBe(0)
})

test('people of a size that nobody has in their row are dropped at once when they stand still', async () => {
  // Otherwise a cameraman on the upper rows, or the head of a spectator before the camera, would be an identity.
  const raised = at(800, 290, 120)
  const head = at(700, 719, 50)
  const jumping: Person = seconds => ({ x: 650, y: 400 - 60 * Math.max(0, Math.sin(3 * seconds)), tall: 80 })
  const { secondsOf } = await run(frames([...players, raised, head, jumping], 8))
  expect(secondsOf(7)).toBeLessThanOrEqual(3)
  expect(secondsOf(8)).toBeLessThanOrEqual(3)
  expect(secondsOf(9)).toBe(8)
})

test('everyone is kept as long as too few move, and after a cut', async () => {
  // Otherwise fielders and batters, who wait for most of a game, would be lost.
  const waiting = await run(frames([...players.slice(0, 2), ...bench], 8))
  expect(waiting.dropped).toEqual({ spectator: 0 })
  const inputs = frames([...players, ...bench], 8)
  const { kept } = await run(inputs.map((input, i) => (i === 30 ? { ...input, motion: undefined } : input)))
  expect(kept[29]!.size).toBe(players.length)
  expect(kept[30]!.size).toBe(players.length + bench.length)
})

test('frames without known motion are left as they are', async () => {
  // Otherwise `--frames`, whose frames are too far apart to compare, would lose people.
  const inputs = frames([...players, ...bench], 8).map(({ motion: _, ...input }) => input)
  expect((await run(inputs)).dropped).toEqual({ spectator: 0 })
})

test('a resumed run drops the same people', async () => {
  // Otherwise the same video would give another dataset when its run was interrupted.
  const inputs = frames([...players, ...bench], 6)
  const whole = await run(inputs)
  const [first, second] = [make(), make()]
  await run(inputs.slice(0, 17), first)
  second.restore(JSON.parse(JSON.stringify(first.snapshot())))
  expect((await run(inputs.slice(17), second)).kept).toEqual(whole.kept.slice(17))
})

describe('in a drawn rink, with a camera that pans', () => {
  let kept: { readonly players: number; readonly others: number }[]
  beforeAll(async () => {
    const match = await drawnMatch({ venue: 'rink' })
    const { frames } = await readTruth(match.truth)
    const [tracker, filter] = [track().make(), make()]
    kept = []
    for (const [i, pixels] of (await picturesOf(match.video)).entries()) {
      const { players, others = [] } = frames[i]!
      const frame = frameOf(pixels, i, 100 * i)
      const boxes = [...players, ...others].map(({ box }) => ({ xyxy: box, confidence: 0.9, classId: 0 }))
      const [tracked] = await tracker.step(
        { frame, detections: boxes, thumbnail: frameThumbnail(frame) },
        dropping(),
      )
      const [output] = await filter.step(tracked!, dropping())
      const left = new Set(output!.detections.map(({ xyxy }) => xyxy))
      const count = (people: readonly { readonly box: Xyxy }[]) =>
        people.filter(({ box }) => left.has(box)).length / people.length
      kept.push({ players: count(players), others: count(others) })
    }
  })

  // Otherwise the stands of a hall whose surface is not known would be most of the dataset.
  test('the stands are dropped after two seconds, and the players are kept', () => {
    const last = kept.slice(25)
    for (const { players, others } of last) {
      expect(players).toBeGreaterThanOrEqual(0.9)
      expect(others).toBeLessThanOrEqual(0.25)
    }
  })
})
