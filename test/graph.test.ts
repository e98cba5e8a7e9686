import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { scoreRun } from '../bench/score/dataset.js'
import { processVideo, type Summary } from '../dist/index.js'
import { smallVideo } from './support/matches.js'
import { embeddedReport } from './support/report-data.js'
import { smallSettings } from './support/small-match.js'

const match = inject('match')
let out: string
let small: string
let first: Summary
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'cropstream-'))
  small = await smallVideo()
  first = await processVideo(match.video, { out, workers: 2 })
})
afterAll(() => rm(out, { recursive: true }))

const json = async (root: string, name: string) => JSON.parse(await readFile(join(root, name), 'utf8'))
const filesOf = async (root: string) =>
  (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
    .sort()

/** Indices of the frames with train crops, and of those with val crops. */
async function framesBySide(root: string): Promise<[Set<number>, Set<number>]> {
  const files = await filesOf(root)
  const framesOf = (subset: string) =>
    new Set(
      files
        .filter(path => path.startsWith(`datasets/${subset}/`))
        .map(path => Number(/frame_(\d+)/.exec(path)?.[1])),
    )
  return [framesOf('train'), framesOf('val')]
}

test('finds, tracks and segments the players of the synthetic match', async () => {
  // Otherwise the dataset would show the wrong people, or grass.
  const score = await scoreRun(first.root, match.truth)
  expect(score.frames).toBe(30)
  expect(score.recall).toBeGreaterThanOrEqual(0.95)
  expect(score.precision).toBeGreaterThanOrEqual(0.95)
  expect(score.idf1).toBeGreaterThanOrEqual(0.9)
  expect(score.maskIou).toBeGreaterThanOrEqual(0.88)
})

test('the manifest lists exactly the files of the run, with sizes and hashes', async () => {
  // Otherwise a user could not tell a complete dataset from a broken copy.
  const manifest = await json(first.root, 'manifest.json')
  const listed = manifest.objects.map((object: { path: string }) => object.path)
  expect([...listed, 'manifest.json', 'metadata.json'].sort()).toEqual(await filesOf(first.root))
  for (const { path, bytes, sha256 } of manifest.objects) {
    const file = await readFile(join(first.root, path))
    expect([file.length, createHash('sha256').update(file).digest('hex')]).toEqual([bytes, sha256])
  }
})

test('the manifest says how the detector looked at the frames, and why', async () => {
  // Otherwise the input size that auto chose, and with it what can have been missed, would be unknown.
  const { detector, options, background } = await json(first.root, 'manifest.json')
  // On this grass, by its colors: the network would take longer, for masks that are hardly better.
  expect(background).toEqual({ method: 'surface', agreement: expect.any(Number) })
  expect(options).toMatchObject({ inputSize: 'auto', tiles: 'auto', quality: 'balanced' })
  expect(detector).toMatchObject({ input_size: 992, tiles: '1x1', classes: ['person'] })
  expect(detector.why).toMatch(
    /players in 4 sample frames are at least \d+ pixels tall in it, and \d+ of \d+ are found/,
  )
})

test('the dataset has train crops with variants, val crops without, and no moment on both sides', async () => {
  // Otherwise the validation set would be contaminated by training data.
  const crops = (await filesOf(first.root)).filter(path => path.startsWith('datasets/'))
  for (const path of crops) {
    expect(path).toMatch(
      /^datasets\/(train\/track_\d+\/crop_frame_\d+_det_\d+(_aug[123])?|val\/track_\d+\/crop_frame_\d+_det_\d+)\.jpg$/,
    )
  }
  const [train, val] = await framesBySide(first.root)
  expect(train.size).toBeGreaterThan(15)
  expect(val.size).toBeGreaterThan(2)
  // Sampled frames are five frames apart: neighbors are closer than ten.
  for (const frame of val)
    for (const other of train) expect(Math.abs(frame - other)).toBeGreaterThanOrEqual(10)
})

test('detections.json has an entry per frame, and each crop is named after one of its boxes', async () => {
  // Otherwise crops could not be traced back to their position in the video.
  const entries: {
    frame_index: number
    pts_ms: number
    boxes: number[][]
    tracker_id: number[]
    num_detections: number
  }[] = await json(first.root, 'detections.json')
  expect(entries.map(entry => entry.frame_index)).toEqual(Array.from({ length: 30 }, (_, i) => i * 5))
  expect(entries.map(entry => entry.pts_ms)).toEqual(Array.from({ length: 30 }, (_, i) => i * 200))
  const named = new Set(
    entries.flatMap(({ frame_index, tracker_id }) =>
      tracker_id.map((id, d) => `track_${id}/crop_frame_${frame_index}_det_${d}`),
    ),
  )
  for (const { boxes, tracker_id, num_detections } of entries) {
    expect([boxes.length, tracker_id.length]).toEqual([num_detections, num_detections])
  }
  for (const path of (await filesOf(first.root)).filter(path => /datasets\/.*det_\d+\.jpg/.test(path))) {
    expect(named).toContain(path.replace(/^datasets\/\w+\//, '').replace('.jpg', ''))
  }
})

test('metadata.json describes the video', async () => {
  // Otherwise programs that read the metadata of the previous system would fail.
  const metadata = await json(first.root, 'metadata.json')
  expect(metadata).toMatchObject({
    original_name: 'match.mp4',
    width: 1920,
    height: 1080,
    fps: 25,
    frame_count: 150,
    duration_seconds: 6,
  })
  expect(first.root).toMatch(new RegExp(`video_${metadata.video_guid}$`))
  expect(metadata.processed_name).toBe(`${metadata.video_guid}.mp4`)
  expect(Number.isNaN(Date.parse(metadata.processed_at))).toBe(false)
})

const manifestText = ({ root }: Summary) => readFile(join(root, 'manifest.json'), 'utf8')

test('with one worker the manifest is the same, byte for byte', async () => {
  // Otherwise a dataset could not be reproduced on another machine.
  const [one, two] = [
    await processVideo(small, { ...smallSettings, out, fps: 6, workers: 1, slots: 2 }),
    await processVideo(small, { ...smallSettings, out, fps: 6, workers: 2 }),
  ]
  expect(await manifestText(one)).toBe(await manifestText(two))
})

test('with four workers, a report and a preview, the manifest is the same and agrees with the report', async () => {
  // Otherwise monitoring would change the dataset, or show something else.
  const watched = await processVideo(match.video, { out, workers: 4, report: true, preview: true })
  expect(await manifestText(watched)).toBe(await manifestText(first))
  const html = await readFile(watched.report ?? '', 'utf8')
  const { tracks, ...data } = embeddedReport(html)
  const manifest = JSON.parse(await manifestText(first))
  const steps = data.steps.map(({ step, in: itemsIn = 0, out, dropped }) => [
    step,
    { in: itemsIn, out, dropped },
  ])
  expect(manifest.steps).toMatchObject(Object.fromEntries(steps))
  expect(data.funnel.map(({ count }) => count)).toEqual([
    150,
    30,
    ...['detect', 'pitch-filter', 'track', 'crop', 'split', 'encode'].map(step => manifest.steps[step].out),
  ])
  expect(data.leakage.map(({ ok }) => ok)).toEqual([true, true, true])
  for (const { pictures } of data.drops) expect(pictures.length).toBeGreaterThan(0)
  expect(data.surface?.sentences.join(' ')).toMatch(
    /learned from sample frames.* agree to 0\.\d\d .* removed by the colors of the surface/,
  )
  expect(data.surface?.frames.map(({ marked, people }) => [marked?.slice(0, 15), people?.on])).toEqual(
    Array(4).fill(['data:image/jpeg', expect.any(Number)]),
  )
  for (const { counts } of data.histograms) {
    expect(counts.reduce((sum, count) => sum + count)).toBe(manifest.steps.track.out)
  }
  expect(tracks.map(({ id }) => id)).toEqual(Array.from({ length: first.tracks }, (_, i) => i + 1))
  expect(tracks.reduce((sum, { images }) => sum + images, 0)).toBe(first.images)
  const sightings = tracks.flatMap(({ lanes }) => lanes.flatMap(({ from, to }) => [from, to]))
  expect(tracks[0]?.lanes.flatMap(({ from, to }) => [from, to])).toEqual(
    tracks[0]?.lanes.flatMap(({ from, to }) => [from, to]).sort((a, b) => a - b),
  )
  expect(Math.max(...sightings)).toBeLessThan(6)
  const jpegs = tracks.flatMap(({ pictures }) =>
    pictures.flatMap(({ before, after, variants }) => [before, ...(after ? [after] : []), ...variants]),
  )
  expect(jpegs.length).toBeGreaterThan(3 * tracks.length)
  for (const jpeg of jpegs) {
    const { format, height } = await sharp(Buffer.from(jpeg.split(',')[1] ?? '', 'base64')).metadata()
    expect([format, height <= 160]).toEqual(['jpeg', true])
  }
})

test('--persist all writes intermediate images and does not change the dataset', async () => {
  // Otherwise debugging a run would give another dataset.
  const a = { ...smallSettings, fps: 3, augment: 0 }
  const b = { ...a, persist: 'all' } as const
  const [plain, kept] = [await processVideo(small, { out, ...a }), await processVideo(small, { out, ...b })]
  const files = await filesOf(kept.root)
  expect(files.filter(path => path.startsWith('selected_frames/'))).toHaveLength(6)
  const originals = files.filter(path => path.startsWith('crops/original/'))
  const modified = files.filter(path => path.startsWith('crops/modified/'))
  expect(originals.length).toBeGreaterThan(50)
  expect(modified.map(path => path.replace('modified', 'original'))).toEqual(originals)
  const datasetOf = async ({ root }: Summary) =>
    (await json(root, 'manifest.json')).objects.filter(({ path }: { path: string }) =>
      path.startsWith('datasets/'),
    )
  expect(await datasetOf(kept)).toEqual(await datasetOf(plain))
})

test('with --frames, players are not tracked, and neighboring frames are still not on different sides', async () => {
  // Otherwise people minutes apart would be joined at random, or almost equal pictures be on both sides.
  const { root, tracks, tracksSeen } = await processVideo(match.video, {
    out,
    frames: 30,
    inputSize: 640,
    augment: 0,
    backgroundRemoval: false,
  })
  const entries: { tracker_id: number[] }[] = await json(root, 'detections.json')
  const ids = entries.flatMap(entry => entry.tracker_id)
  expect(entries).toHaveLength(30)
  expect(ids).toEqual(Array.from({ length: tracksSeen }, (_, i) => i + 1))
  // Those in the gap between train and val have no image.
  const files = (await filesOf(root)).filter(path => path.startsWith('datasets/'))
  expect(new Set(files.map(path => path.split('/')[2])).size).toBe(tracks)
  expect(tracks).toBeLessThan(tracksSeen)
  expect(await json(root, 'manifest.json')).toMatchObject({ tracks, tracks_seen: tracksSeen })
  const [train, val] = await framesBySide(root)
  expect(val.size).toBeGreaterThan(2)
  for (const frame of val)
    for (const other of train) expect(Math.abs(frame - other)).toBeGreaterThanOrEqual(10)
})
