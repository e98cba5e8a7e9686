import { expect, test } from 'vitest'
import type { Sample, TrackedFrame } from '../../dist/index.js'
import { splitDefaults } from '../../dist/operators/split.js'
import type { TrackReport } from '../../dist/report/data.js'
import { Distribution } from '../../dist/report/histogram.js'
import { LeakageAudit } from '../../dist/report/leakage.js'
import { RunTimeline } from '../../dist/report/run-timeline.js'
import { Spread } from '../../dist/report/spread.js'
import { Stretches } from '../../dist/report/stretches.js'
import { TrackBook } from '../../dist/report/track-book.js'
import { frameOf } from '../support/pictures.js'

const split = { ...splitDefaults, gapSeconds: 1 }
const asked = { valRatio: split.valRatio, splitGap: 1 }
const sample = (changes: Partial<Sample>): Sample => ({
  subset: 'train',
  trackId: 1,
  frameIndex: 0,
  ptsMs: 0,
  xyxy: [0, 0, 10, 20],
  confidence: 0.9,
  classId: 0,
  augmentation: 0,
  width: 10,
  height: 20,
  ...changes,
})

test.each([1, 5, 6, 7, 100, 1001])('of %d items, a few are kept, from the first to near the last', n => {
  // Otherwise a track that changes its player half-way would have pictures only of the first player.
  const spread = new Spread<number>(5)
  for (let i = 0; i < n; i++) if (spread.wants()) spread.keep(i)
  const kept = spread.kept
  expect(kept.length).toBeLessThanOrEqual(5)
  expect(kept.length).toBeGreaterThanOrEqual(Math.min(n, 3))
  expect(kept[0]).toBe(0)
  expect(kept.at(-1)).toBeGreaterThanOrEqual((n - 1) / 2)
  const steps = kept.slice(1).map((at, i) => at - kept[i]!)
  expect(new Set(steps).size).toBeLessThanOrEqual(1)
})

test.each<[string, Partial<Sample>[], string]>([
  ['an augmented variant in val', [{ subset: 'val', augmentation: 1 }], 'No augmented image in val'],
  [
    'moments of train and val too close to each other',
    [{ ptsMs: 1000 }, { ptsMs: 1200, subset: 'val' }],
    'Time gap between train and val',
  ],
  ['a side without images', [{ ptsMs: 1000 }], 'Every requested side has images'],
])('the audit fails for %s', (_, samples, name) => {
  // Otherwise leakage would make validation results wrong.
  const audit = new LeakageAudit(split, asked)
  for (const one of samples) audit.add(sample(one))
  expect(audit.checks().find(check => check.name === name)?.ok).toBe(false)
})

test('a track on both sides fails the audit only of a split by identity', () => {
  // Otherwise leakage of a split by identity would go unnoticed.
  const samples = [sample({ ptsMs: 0 }), sample({ ptsMs: 5000, subset: 'val' })]
  const failed = (by: 'time' | 'identity') => {
    const audit = new LeakageAudit({ ...split, by }, asked)
    for (const one of samples) audit.add(one)
    return audit.checks().filter(({ ok }) => !ok)
  }
  expect(failed('identity').map(({ name }) => name)).toEqual(['No track in both train and val'])
  expect(failed('time')).toEqual([])
})

test('a histogram covers the range of the values and contains all of them', () => {
  // Otherwise a few outliers would hide the shape, or be missing.
  const heights = new Distribution('height', 'pixels', 0, 1000)
  for (const height of [60, 61, 80, 120, 5000]) heights.add(height)
  const { from, to, counts } = heights.histogram()
  expect(from).toBeLessThanOrEqual(60)
  expect(to).toBeGreaterThanOrEqual(1000)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5)
  expect(counts.length).toBeLessThanOrEqual(30)
  expect(new Distribution('none', '', 0, 1).histogram().counts).toEqual([])
})

test('the timeline of a long run keeps its length, its mean and its peak in a bounded number of moments', () => {
  // Otherwise the report of a day-long run would be huge, or show only the first minutes.
  const timeline = new RunTimeline()
  for (let second = 1; second <= 10_000; second++) {
    const memoryBytes = second === 7777 ? 999 : 100
    const moment = { framesPerSecond: 10, imagesPerSecond: 100, memoryBytes, busy: 0.9, bottleneck: 'detect' }
    timeline.add({ seconds: second, ...moment }, 1)
  }
  const moments = timeline.report()
  expect(moments.length).toBeLessThanOrEqual(300)
  expect(moments.length).toBeGreaterThan(100)
  expect(moments.at(-1)?.seconds).toBe(10_000)
  expect(moments.every(({ framesPerSecond }) => Math.abs(framesPerSecond - 10) < 1e-6)).toBe(true)
  expect(Math.max(...moments.map(({ memoryBytes }) => memoryBytes))).toBe(999)
})

test('detections per frame are means, and stretches without a frame are omitted', () => {
  // Otherwise sparse sampling would look like a game without players.
  const stretches = new Stretches(4000)
  stretches.add(0, 10, 6)
  stretches.add(1, 20, 8)
  stretches.add(3999.99, 5, 5)
  expect(stretches.report()).toEqual([
    { seconds: 5, found: 15, tracked: 7 },
    { seconds: 3995, found: 5, tracked: 5 },
  ])
})

/** A gray frame with a detection of each track. */
const frameWith = (index: number, ids: readonly number[]): TrackedFrame => {
  const [width, height] = [64, 64]
  const rgb = new Uint8Array(width * height * 3).fill(128)
  const detections = ids.map(trackId => ({
    xyxy: [8, 8, 24, 48] as const,
    confidence: 0.8,
    classId: 0,
    trackId,
  }))
  return {
    frame: frameOf({ width, height, rgb }, index, index * 200),
    detections,
    tracks: { opened: ids.length, closed: 0, cuts: 0 },
  }
}

test('with too many tracks, those with the most sightings keep their pictures', async () => {
  // Otherwise the report of a long game would show only the first minutes, or grow without limit.
  const book = new TrackBook({ ...split, valRatio: 0 }, 0.2)
  let index = 0
  for (let id = 1; id <= 1020; id++) book.addFrame(frameWith(index++, [id]))
  for (let i = 0; i < 3; i++) book.addFrame(frameWith(index++, [1019, 1020]))
  const tracks: TrackReport[] = []
  for await (const track of book.report()) tracks.push(track)
  expect(book.leftOut).toBe(20)
  expect(tracks).toHaveLength(1000)
  expect(tracks.at(-1)).toMatchObject({ id: 1020, sightings: 4 })
  expect(tracks.at(-1)?.pictures[0]?.before).toMatch(/^data:image\/jpeg;base64,/)
  expect(tracks.filter(({ pictures }) => pictures.length > 0).length).toBeLessThanOrEqual(1000)
  expect(tracks.filter(({ onlyBefore }) => onlyBefore !== true).length).toBe(500)
})

test('a lane breaks where a track is out of sight and where its side changes', async () => {
  // Otherwise a fragmented track would look complete.
  const book = new TrackBook({ ...split, valRatio: 0 }, 0.2)
  for (const index of [0, 1, 2, 10, 11]) book.addFrame(frameWith(index, [7]))
  const { value: track } = await book.report().next()
  expect(track?.lanes).toEqual([
    { from: 0, to: 0.4, side: 'train' },
    { from: 2, to: 2.2, side: 'train' },
  ])
})
