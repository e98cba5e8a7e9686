import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Move } from '../bench/sample/camera.js'
import { drawSample } from '../bench/sample/sample.js'
import type { Role, Seen, TrueFrame } from '../bench/sample/truth.js'
import { type VenueName, venues } from '../bench/sample/venues/index.js'
import { leastVisible, matchFrame } from '../bench/score/matching.js'
import { loadModel } from '../dist/index.js'
import type { Pixels } from '../dist/types.js'
import { type Detector, openDetector } from '../dist/vision/detectors/detector.js'
import { clipFolder, picturesOf } from './support/clips.js'
import { drawnMatch } from './support/matches.js'
import { pictureOf } from './support/pictures.js'
import { median, readTruth, seenPixels } from './support/truth.js'

const scratch = clipFolder()
let detector: Detector
beforeAll(async () => {
  detector = await openDetector(await loadModel(), { inputSize: 960 })
})

const withPeople = ['hall', 'rink', 'crease'] as const satisfies readonly VenueName[]

describe.each(withPeople)('a match in the venue %s', venue => {
  let frames: readonly TrueFrame[]
  let pictures: readonly Pixels[]
  beforeAll(async () => {
    const match = await drawnMatch({ venue })
    frames = (await readTruth(match.truth)).frames
    pictures = await picturesOf(match.video)
  })

  // Otherwise the truth could be that of another frame, or be shifted or scaled, as by a camera that moves.
  it.each([0, 29])('shows the players of frame %i where the truth has them', at => {
    const { kits } = venues[venue]
    for (const player of frames[at]!.players) {
      const [, y1, , y2] = player.box
      // The chest of someone who is seen whole, and so is the middle of the figure.
      const chest = seenPixels(player).filter(
        ([, y]) => y > y1 + (y2 - y1) * 0.22 && y < y1 + (y2 - y1) * 0.4,
      )
      if (player.visible < 1) continue
      const color = medianColor(pictures[at]!, chest)
      const distance = (team: 'home' | 'away') => difference(color, kits[team].shirt)
      const [own, other] = player.team === 'home' ? (['home', 'away'] as const) : (['away', 'home'] as const)
      expect(distance(own)).toBeLessThan(distance(other))
    }
  })

  // Otherwise nobody could tell from the truth who was kept that does not play, or a box would count for two.
  it('names spectators, a bench and officials, apart from the players', () => {
    for (const { players, others = [] } of [frames[0]!, frames[29]!]) {
      const ids = [...players, ...others].map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      const owned = [...players, ...others].flatMap(figure => seenPixels(figure).map(([x, y]) => y * 960 + x))
      expect(new Set(owned).size).toBe(owned.length)
    }
    const count = (role: Role) =>
      new Set(frames.flatMap(({ others = [] }) => others.filter(o => o.role === role).map(o => o.id))).size
    expect(count('spectator')).toBeGreaterThanOrEqual(40)
    expect(count('bench')).toBeGreaterThanOrEqual(8)
    expect(count('official')).toBeGreaterThanOrEqual(3)
  })

  // Otherwise tests that those around the game are dropped would pass because the detector never saw them.
  it('has players, spectators and a bench that the default detector finds', async () => {
    const [seen, found] = [tally(), tally()]
    let [players, hits] = [0, 0]
    for (const at of [0, 29]) {
      const boxes = (await detector.detect(pictureOf(pictures[at]!))).map(({ xyxy }, id) => ({
        id,
        box: xyxy,
      }))
      const { others = [], ...frame } = frames[at]!
      const matched = matchFrame(frame.players, boxes)
      players += matched.hits.length + matched.missed.length
      hits += matched.hits.length
      for (const { role, visible } of others) if (visible >= leastVisible) seen[role]++
      for (const { player } of matchFrame(others, matched.falseAlarms).hits) found[player.role]++
    }
    expect(hits / players).toBeGreaterThanOrEqual(0.95)
    expect(found.spectator / seen.spectator).toBeGreaterThanOrEqual(0.35)
    expect(found.bench / seen.bench).toBeGreaterThanOrEqual(0.25)
  })
})

describe('the camera', () => {
  /** Median box of the spectators who are in the first and in the last frame. */
  const spectators = async (camera: Move) => {
    const small = { seconds: 2, fps: 5, width: 320, height: 180 }
    const { frames } = await readTruth((await drawnMatch({ venue: 'hall', camera, ...small })).truth)
    const [first, last] = [frames[0]!, frames.at(-1)!].map(
      ({ others = [] }) => new Map(others.filter(o => o.role === 'spectator').map(o => [o.id, o])),
    )
    const both = [...first!.keys()].filter(id => last!.has(id))
    const spread = (seen: Map<number, Seen>) => {
      const middles = both.map(id => middle(seen.get(id)!))
      return Math.max(...middles) - Math.min(...middles)
    }
    return {
      shift: median(both.map(id => middle(last!.get(id)!) - middle(first!.get(id)!))),
      growth: spread(last!) / spread(first!),
    }
  }
  const middle = ({ box }: Seen) => (box[0] + box[2]) / 2

  // Otherwise a test of one kind of camera would be run with another one.
  it('stands still, pans or zooms, as it is told', async () => {
    const [still, pan, zoom] = [await spectators('static'), await spectators('pan'), await spectators('zoom')]
    expect(Math.abs(still.shift)).toBeLessThanOrEqual(1)
    expect(Math.abs(pan.shift)).toBeGreaterThan(10)
    expect(still.growth).toBeCloseTo(1, 1)
    expect(pan.growth).toBeCloseTo(1, 1)
    expect(zoom.growth).toBeGreaterThan(1.1)
  })

  // Otherwise the scores of two days could not be compared.
  it('sees the same for the same seed', async () => {
    const options = { venue: 'crease', seconds: 0.4, fps: 10, width: 320, height: 180 } as const
    const [one, two] = [await drawnMatch(options), await drawSample({ ...options, out: scratch('again') })]
    expect((await readFile(one.video)).equals(await readFile(two.video))).toBe(true)
    expect(await readFile(one.truth, 'utf8')).toBe(await readFile(two.truth, 'utf8'))
  })
})

const tally = (): Record<Role, number> => ({ spectator: 0, bench: 0, official: 0 })

function medianColor({ width, rgb }: Pixels, pixels: readonly (readonly [number, number])[]): number[] {
  return [0, 1, 2].map(c => median(pixels.map(([x, y]) => rgb[(y * width + x) * 3 + c]!)))
}

/** Of a color from one that is written as #rrggbb. */
function difference(color: readonly number[], hex: string): number {
  const other = [1, 3, 5].map(i => Number.parseInt(hex.slice(i, i + 2), 16))
  return Math.hypot(...color.map((value, c) => value - other[c]!))
}
