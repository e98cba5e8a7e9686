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
])('over %d s at %d fps, neighbours never face each other and the ratio holds', (seconds, fps) => {
  // Otherwise almost the same picture would train and validate: the score would be a lie.
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
})

test('a video too short to leave a gap trains as a whole', () => {
  // Otherwise everything would fall into the gaps and the dataset would be empty.
  const options = fitSplit(splitDefaults, 0.4, 0.2)
  expect([0, 0.2].map(t => subsetAt(t, options))).toEqual(['train', 'train'])
})

test('a ratio of all or nothing is kept however short the video', () => {
  // Otherwise a test set that was asked for would be trained on.
  const options = fitSplit({ ...splitDefaults, valRatio: 1 }, 0.4, 0.2)
  expect([0, 0.2].map(t => subsetAt(t, options))).toEqual(['val', 'val'])
})

test('a crop in a gap is dropped and counted', async () => {
  // Otherwise crops would disappear without a word.
  const decide = await split.step({ ...splitDefaults, periodSeconds: 20, gapSeconds: 1 })
  const context = dropping()
  const side = async (seconds: number) => (await decide(disc({ ptsMs: seconds * 1000 }), context))[0]?.subset
  expect(await side(5)).toBe('train')
  expect(await side(14.9)).toBeUndefined()
  expect(await side(16)).toBe('val')
  expect(await side(19.5)).toBeUndefined()
  expect(context.dropped).toEqual({ split_gap: 2 })
})

test('by identity, a track is on one side at all times, and about a fifth validate', async () => {
  // Otherwise a player would be known from training when it is tested whether they are recognised.
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
