import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportCommand } from '../dist/cli/export.js'
import { type Options, processVideo, type Summary } from '../dist/index.js'
import type { ReviewAction } from '../dist/review/actions.js'
import { lumaOf } from '../dist/vision/imaging/luma.js'
import { sharpnessOf } from '../dist/vision/imaging/sharpness.js'
import { smallVideo } from './support/matches.js'
import { smallSettings } from './support/small-match.js'

const settings: Options = { ...smallSettings, fps: 6, augment: 1, persist: 'checkpoint' }
let out: string
let video: string
let first: Summary
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'cropstream-'))
  video = await smallVideo()
  first = await processVideo(video, { ...settings, out, runGuid: 'first' })
})
afterAll(() => rm(out, { recursive: true }))

interface Listed {
  readonly path: string
  readonly sha256: string
}

const manifestOf = async ({ root }: Summary) =>
  JSON.parse(await readFile(join(root, 'manifest.json'), 'utf8'))
const datasetOf = async (summary: Summary): Promise<Listed[]> =>
  (await manifestOf(summary)).objects.filter(({ path }: Listed) => path.startsWith('datasets/'))

const { fps: _, ...rest } = settings
const again = (runGuid: string, options: Options) =>
  processVideo(video, { ...rest, out, runGuid, persist: 'final', ...options })

/** Crops and detections of the first run in the layout of the previous system: by frame, without a manifest. */
async function oldTree(): Promise<string> {
  const root = await mkdtemp(join(out, 'old-'))
  await copyFile(join(first.root, 'detections.json'), join(root, 'detections.json'))
  const crops = join(first.root, 'crops/original')
  for (const name of await readdir(crops, { recursive: true })) {
    const [, frame, at] = /crop_frame_(\d+)_det_(\d+)\.jpg$/.exec(name) ?? []
    if (frame === undefined) continue
    const folder = join(root, 'crops/original', `frame_${frame}`)
    await mkdir(folder, { recursive: true })
    await copyFile(join(crops, name), join(folder, `crop_${at}.jpg`))
  }
  return root
}

test.each(['files', 'shards'] as const)(
  'a run from detections makes the same dataset, as %s',
  async layout => {
    // Otherwise a change of the augmentation would require to run the detector again.
    const direct =
      layout === 'files'
        ? first
        : await processVideo(video, { ...settings, out, runGuid: `direct-${layout}`, layout })
    const summary = await again(`detections-${layout}`, { from: 'detections', earlier: first.root, layout })
    expect(await datasetOf(summary)).toEqual(await datasetOf(direct))
    expect(await sharpnessIn(summary)).toEqual(await sharpnessIn(direct))
    const pairs = (run: Summary) => readFile(join(run.root, 'identities.json'), 'utf8')
    expect(await pairs(summary)).toBe(await pairs(direct))
    expect(summary.steps.has('detect')).toBe(false)
    expect((await manifestOf(summary)).model).toEqual((await manifestOf(first)).model)
  },
)

/** Of each box, by frame. */
const sharpnessIn = async ({ root }: Summary): Promise<[frame: number, sharpness: number[]][]> =>
  JSON.parse(await readFile(join(root, 'detections.json'), 'utf8')).map(
    (entry: { frame_index: number; sharpness: number[] }) => [entry.frame_index, entry.sharpness],
  )

test('the sharpness of a player is measured before the background is removed', async () => {
  // Otherwise the edge of the mask would decide which crops are the sharp ones.
  const measured = new Map(await sharpnessIn(first))
  const variants = /_aug\d+\.jpg$/
  for (const { path } of (await datasetOf(first)).filter(({ path }) => !variants.test(path))) {
    const [name, frame, at] = /track_\d+\/crop_frame_(\d+)_det_(\d+)\.jpg$/.exec(path) ?? []
    const { data, info } = await sharp(join(first.root, 'crops/original', name ?? ''))
      .raw()
      .toBuffer({ resolveWithObject: true })
    const { width, height } = info
    const luma = lumaOf({ width, height, rgb: new Uint8Array(data) })
    const original = sharpnessOf(luma, [0, 0, width, height])
    expect(Math.abs((measured.get(Number(frame))?.[Number(at)] ?? 0) / original - 1)).toBeLessThan(0.2)
  }
})

test('without --earlier, the run starts from the last complete run of the video', async () => {
  // Otherwise a user would have to find a path that the program can find.
  const summary = await again('last', { from: 'detections' })
  expect(await datasetOf(summary)).toEqual(await datasetOf(first))
})

test('stored crops give the same images as the same pixels in memory, and the manifest records the origin', async () => {
  // Otherwise a dataset from stored crops would differ from its description.
  const summary = await again('crops', {
    from: 'crops',
    earlier: first.root,
    background: 'none',
    augment: 0,
  })
  const { steps } = await manifestOf(summary)
  expect(await sharpnessIn(summary)).toEqual(await sharpnessIn(first))
  expect(steps.split).toMatchObject({ optimization_used: 'fallback_storage' })
  expect((await manifestOf(first)).steps.split).toMatchObject({ optimization_used: 'in_memory_processing' })
  // No step between changes pixels: each image is its decoded crop, encoded again.
  const images = await datasetOf(summary)
  expect(images.length).toBeGreaterThan(50)
  for (const { path } of images) {
    const name = path.split('/').slice(2).join('/')
    const { data, info } = await sharp(join(first.root, 'crops/original', name))
      .raw()
      .toBuffer({ resolveWithObject: true })
    const expected = await sharp(data, { raw: info })
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
      .toBuffer()
    expect(expected.equals(await readFile(join(summary.root, path)))).toBe(true)
  }
})

test('crops of the previous system, by frame and without a manifest, give the same dataset as crops by track', async () => {
  // Otherwise users could not use the data in their buckets.
  const ours = await again('by-track', { from: 'crops', earlier: first.root })
  const theirs = await again('by-frame', { from: 'crops', earlier: await oldTree() })
  expect(await datasetOf(theirs)).toEqual(await datasetOf(ours))
})

const reviewOf = async (actions: readonly ReviewAction[], changes: object = {}) => {
  const { video, dataset_sha256 } = await manifestOf(first)
  const path = join(await mkdtemp(join(out, 'review-')), 'review.json')
  const { video_guid } = video
  await writeFile(
    path,
    JSON.stringify({ format: 'cropstream-review/1', video_guid, dataset_sha256, actions, ...changes }),
  )
  return path
}

test('a review is applied to detections and to crops alike: identities, split and counts follow', async () => {
  // Otherwise a dataset made again would have the players as the tracker saw them.
  const seen = (await datasetOf(first)).flatMap(({ path }) => {
    const [, track, frame] = /track_(\d+)\/crop_frame_(\d+)_det_\d+\.jpg$/.exec(path) ?? []
    return track === undefined ? [] : [{ track: Number(track), frame: Number(frame) }]
  })
  const [one, two, three, four] = [...new Set(seen.map(({ track }) => track))].sort((a, b) => a - b)
  const { frame } = seen.filter(({ track }) => track === three).sort((a, b) => a.frame - b.frame)[3]!
  const review = await reviewOf([
    { merge: [`${one}`, `${two}`] },
    { split: three!, frame },
    { drop: `${four}` },
  ])
  const options = { earlier: first.root, review, split: 'identity', seed: 3 } as const
  const detections = await again('review-detections', { from: 'detections', ...options })
  const crops = await again('review-crops', { from: 'crops', background: 'none', ...options })
  const pathsOf = async (run: Summary) => (await datasetOf(run)).map(({ path }) => path)
  const paths = await pathsOf(detections)
  expect(await pathsOf(crops)).toEqual(paths)
  const of = (track: number) => paths.filter(path => path.includes(`/track_${track}/`))
  expect([of(two!), of(four!)]).toEqual([[], []])
  for (const person of [one!, 1_000_000]) {
    expect(new Set(of(person).map(path => path.split('/')[1])).size).toBe(1)
  }
  expect(detections.tracks).toBe(first.tracks - 1)
  const { earlier } = await manifestOf(detections)
  const bytes = await readFile(review)
  expect(earlier.review.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
  expect(earlier.review.dropped.dropped_in_review).toBeGreaterThanOrEqual(
    seen.filter(({ track }) => track === four).length,
  )
  expect(earlier.review.dropped.double).toBeGreaterThan(0)
  // The images are those that detections.json of the new run lists.
  const target = join(out, 'exported')
  expect(await exportCommand([crops.root, '--format', 'parquet', '--out', target, '--quiet'])).toBe(0)
})

test('a review of another run, or without an earlier run, is refused', async () => {
  // Otherwise the numbers of one run would be applied to the players of another.
  const other = await reviewOf([], { dataset_sha256: 'x' })
  const options = { earlier: first.root, review: other }
  await expect(again('other', { from: 'detections', ...options })).rejects.toThrow(/of another run/)
  await expect(again('other', { from: 'crops', ...options, earlier: await oldTree() })).rejects.toThrow(
    /of another run/,
  )
  await expect(again('other', { review: other })).rejects.toThrow(/--review needs --from/)
  const nobody = await reviewOf([{ drop: '3@7' }])
  await expect(again('other', { from: 'detections', earlier: first.root, review: nobody })).rejects.toThrow(
    /no 3@7 before it/,
  )
})

test.each([
  [
    'no run at all',
    async (_: string) => join(out, 'nowhere'),
    {},
    /detections\.json: there is no such object/,
  ],
  [
    'a run without crops',
    async (root: string) => {
      await rm(join(root, 'crops'), { recursive: true })
      return root
    },
    {},
    /there is no crop; make that run with --persist checkpoint/,
  ],
  [
    'detections that are not JSON',
    async (root: string) => {
      await writeFile(join(root, 'detections.json'), '[{')
      return root
    },
    {},
    /detections\.json: it is not JSON/,
  ],
  [
    'detections of a longer video',
    async (root: string) => {
      const entries = JSON.parse(await readFile(join(root, 'detections.json'), 'utf8'))
      await writeFile(join(root, 'detections.json'), JSON.stringify([{ ...entries[0], frame_index: 1e6 }]))
      return root
    },
    {},
    /it has a frame 1000000, and the video only 50/,
  ],
  [
    'a crop without a detection',
    async (root: string) => {
      const [folder] = await readdir(join(root, 'crops/original'))
      await writeFile(join(root, 'crops/original', folder!, 'crop_999.jpg'), 'x')
      return root
    },
    {},
    /crop_999\.jpg: detections\.json does not list its player/,
  ],
  [
    'a different sampling',
    async (root: string) => root,
    { fps: 1 },
    /--fps cannot be combined with --from: the earlier run chose the frames/,
  ],
] as const)('%s is refused with a clear message', async (_, corrupt, options, message) => {
  // Otherwise a dataset would be made from the wrong data.
  const earlier = await corrupt(await oldTree())
  const run = again(`refused-${basename(dirname(earlier))}`, { from: 'crops', earlier, ...options })
  await expect(run).rejects.toThrow(message)
})
