import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Options, processVideo, type Summary } from '../dist/index.js'
import { fixedDetector } from './support/fixed-detector.js'

const { video } = inject('match')
let out: string
let settings: Options
let first: Summary
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'cropstream-'))
  const model = await fixedDetector(
    join(out, 'model'),
    ['ball', 'player', 'goalkeeper', 'referee'],
    [
      { cell: [1, 2], scores: { player: 0.9 } },
      { cell: [4, 2], scores: { player: 0.5, goalkeeper: 0.8 } },
    ],
    {
      licences: { model: 'Apache-2.0' },
      attribution: [{ data: 'Ten pictures', licence: 'CC BY 4.0', url: 'https://example.org/ten' }],
    },
  )
  const quick = { fps: 1, augment: 0, workers: 1, tiles: '1x1' } as const
  settings = { out, model, ...quick, pitchFilter: false, persist: 'checkpoint' }
  first = await processVideo(video, { ...settings, runGuid: 'first', report: true })
})
afterAll(() => rm(out, { recursive: true }))

const jsonOf = async ({ root }: Summary, name: string) => JSON.parse(await readFile(join(root, name), 'utf8'))
const namesOf = async (summary: Summary): Promise<Set<string>> =>
  new Set((await jsonOf(summary, 'detections.json')).flatMap((e: { class_name: string[] }) => e.class_name))

async function samplesOf({ root }: Summary): Promise<{ class_id: number; class_name: string }[]> {
  const samples: { class_id: number; class_name: string }[] = []
  for (const path of await readdir(join(root, 'datasets/train'))) {
    for await (const entry of createReadStream(join(root, 'datasets/train', path)).pipe(extract())) {
      const content = await text(entry)
      if (entry.header.name.endsWith('.json')) samples.push(JSON.parse(content))
    }
  }
  return samples
}

test('the name of a class is in detections.json, and the manifest counts images by class', async () => {
  // Otherwise a user of the dataset could not leave out a class, or see that one is rare.
  expect(await namesOf(first)).toEqual(new Set(['player', 'goalkeeper']))
  const { classes, images, options } = await jsonOf(first, 'manifest.json')
  expect(options.classes).toEqual(['player', 'goalkeeper', 'referee'])
  expect(classes).toEqual([
    { class_id: 1, class_name: 'player', images: images / 2 },
    { class_id: 2, class_name: 'goalkeeper', images: images / 2 },
    { class_id: 3, class_name: 'referee', images: 0 },
  ])
})

test('the report has the images by class, and the licenses and attribution of the model', async () => {
  // Otherwise the license of the training data would not reach those who publish the dataset.
  const page = await readFile(join(first.root, 'report.html'), 'utf8')
  const [, data = ''] = /id="data">(.*?)<\/script>/.exec(page) ?? []
  const { classes, run } = JSON.parse(data)
  expect(classes.map(({ name }: { name: string }) => name)).toEqual(['player', 'goalkeeper', 'referee'])
  expect(run.model).toMatchObject({
    name: 'fixed',
    licences: [{ of: 'model', licence: 'Apache-2.0' }],
    attribution: [{ data: 'Ten pictures', url: 'https://example.org/ten' }],
  })
})

test.each(['detections', 'crops'] as const)(
  'a run from %s keeps the names, in the shards too',
  async from => {
    // Otherwise a second run would lose what the detector knew.
    const { fps: _, persist: __, ...rest } = settings
    const earlier = first.root
    const again = await processVideo(video, { ...rest, from, earlier, layout: 'shards', runGuid: from })
    expect(await namesOf(again)).toEqual(new Set(['player', 'goalkeeper']))
    const samples = await samplesOf(again)
    expect(samples.length).toBeGreaterThan(0)
    for (const { class_id, class_name } of samples)
      expect(class_name).toBe(class_id === 1 ? 'player' : 'goalkeeper')
    const { classes } = await jsonOf(again, 'manifest.json')
    expect(classes).toEqual((await jsonOf(first, 'manifest.json')).classes.slice(0, 2))
  },
)

test('detections of an older run, without names or sharpness, are still read', async () => {
  // Otherwise a dataset of last year could not be made again with another split.
  const old = await mkdtemp(join(out, 'old-'))
  const entries: Record<string, unknown>[] = await jsonOf(first, 'detections.json')
  const nameless = entries.map(({ class_name: _, sharpness: __, ...entry }) => entry)
  await writeFile(join(old, 'detections.json'), JSON.stringify(nameless))
  const { fps: _, persist: __, ...rest } = settings
  const again = await processVideo(video, { ...rest, from: 'detections', earlier: old, runGuid: 'old' })
  const [entry] = await jsonOf(again, 'detections.json')
  expect(entry.sharpness).toEqual(entry.boxes.map(() => null))
  const { classes } = await jsonOf(again, 'manifest.json')
  expect(classes).toMatchObject([
    { class_id: 1, class_name: null },
    { class_id: 2, class_name: null },
  ])
})
