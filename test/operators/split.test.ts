import { expect, test } from 'vitest'
import { fitSplit, split, splitDefaults, subsetAt } from '../../dist/operators/split.js'
import { disc, dropping } from '../support/crops.js'

const times = (seconds: number, fps: number) =>
  Array.from({ length: Math.floor(seconds * fps) }, (_, i) => i / fps)

test.each([
  [4, 5],
  [20, 5],
  [95, 5],
  [5400, 2],
  [600, 25],
  [33, 0.9],
])(
  'over %d s at %d fps, neighboring frames are never on different sides, and the ratio holds',
  (seconds, fps) => {
    // Otherwise almost equal pictures would be in train and val, and the validation score would be too high.
    const options = fitSplit(splitDefaults, seconds, 1 / fps)
    const sides = times(seconds, fps).map(t => subsetAt(t, options))
    sides.forEach((side, i) => {
      const next = sides[i + 1]
      if (side !== undefined && next !== undefined) expect(next).toBe(side)
    })
    const [train, val] = ['train', 'val'].map(name => sides.filter(side => side === name).length) as [
      number,
      number,
    ]
    expect(val / (train + val)).toBeGreaterThan(0.1)
    expect(val / (train + val)).toBeLessThan(0.3)
    expect(train + val).toBeGreaterThan(0.6 * sides.length)
  },
)

test('a video too short for a gap goes to train', () => {
  // Otherwise all crops would be in the gaps and the dataset would be empty.
  const options = fitSplit(splitDefaults, 0.4, 0.2)
  expect([0, 0.2].map(t => subsetAt(t, options))).toEqual(['train', 'train'])
})

test('a ratio of 0 or 1 is kept for any length of the video', () => {
  // Otherwise a requested test set would become training data.
  const options = fitSplit({ ...splitDefaults, valRatio: 1 }, 0.4, 0.2)
  expect([0, 0.2].map(t => subsetAt(t, options))).toEqual(['val', 'val'])
})

test('a crop in a gap is dropped and counted', async () => {
  // Otherwise crops would disappear silently.
  const decide = await split.step({ ...splitDefaults, periodSeconds: 20, gapSeconds: 1 })
  const context = dropping()
  const side = async (seconds: number) => (await decide(disc({ ptsMs: seconds * 1000 }), context))[0]?.subset
  expect(await side(5)).toBe('train')
  expect(await side(14.9)).toBeUndefined()
  expect(await side(16)).toBe('val')
  expect(await side(19.5)).toBeUndefined()
  expect(context.dropped).toEqual({ split_gap: 2 })
})

test('by identity, a track is always on one side, and about a fifth of the tracks are in val', async () => {
  // Otherwise the same player would be in train and val, and the test of recognition would be invalid.
  const decide = await split.step({ ...splitDefaults, by: 'identity' })
  const side = async (trackId: number, ptsMs: number) => {
    const crop = disc({ ptsMs })
    return (await decide({ ...crop, detection: { ...crop.detection, trackId } }, dropping()))[0]?.subset
  }
  const sides = await Promise.all(Array.from({ length: 500 }, (_, id) => side(id, 0)))
  const later = await Promise.all(Array.from({ length: 500 }, (_, id) => side(id, 16_000)))
  expect(later).toEqual(sides)
  const val = sides.filter(name => name === 'val').length
  expect(val).toBeGreaterThan(70)
  expect(val).toBeLessThan(130)
})
