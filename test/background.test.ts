import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Options, processVideo, type Summary } from '../dist/index.js'
import { chooseRemoval } from '../dist/operators/remove-background.js'
import { noSurface } from '../dist/vision/surface/surface-model.js'
import { fixedDetector } from './support/fixed-detector.js'
import { interruptedAfter } from './support/interrupted.js'

// A detector that finds the same two places of the pitch in each frame: there is nobody, or only now and then.
const { video } = inject('match')
let out: string
let settings: Options
let first: Summary
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'cropstream-'))
  const model = await fixedDetector(
    join(out, 'model'),
    ['player'],
    [
      { cell: [1, 2], scores: { player: 0.9 } },
      { cell: [4, 5], scores: { player: 0.9 } },
    ],
  )
  const quick = { fps: 2, augment: 0, tiles: '1x1', pitchFilter: false, split: 'identity' } as const
  settings = { out, model, ...quick, workers: 1, background: 'person' }
  first = await processVideo(video, { ...settings, runGuid: 'first', report: true })
})
afterAll(() => rm(out, { recursive: true }))

const manifestOf = async ({ root }: Summary) =>
  JSON.parse(await readFile(join(root, 'manifest.json'), 'utf8'))

test('a mask that cannot be a person is counted in all places, and its crop is kept', async () => {
  // Otherwise crops would disappear, or keep their background without a word.
  const rejected = first.steps.get('remove-background')?.flagged.mask_rejected ?? 0
  expect(rejected).toBeGreaterThan(0)
  const { steps, images } = await manifestOf(first)
  const { in: crops, out: kept, dropped, flagged } = steps['remove-background']
  expect([kept, images, dropped, flagged]).toEqual([crops, crops, {}, { mask_rejected: rejected }])
  const page = await readFile(join(first.root, 'report.html'), 'utf8')
  const data = JSON.parse(/id="data">(.*?)<\/script>/.exec(page)?.[1] ?? '{}')
  expect(data.drops).toMatchObject([
    { step: 'remove-background', reason: 'mask_rejected', kept: true, count: rejected },
  ])
  expect(data.drops[0].pictures.length).toBeGreaterThan(0)
})

test('the manifest and the report name the method and the network', async () => {
  // Otherwise a user could not tell how a dataset was made, or under which license.
  const { background } = await manifestOf(first)
  expect(background).toEqual({
    method: 'person',
    model: { name: expect.stringContaining('BlazePose'), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  })
  const page = await readFile(join(first.root, 'report.html'), 'utf8')
  expect(page).toContain(background.model.sha256)
  expect(page).toContain('MediaPipe BlazePose GHUM 3D')
})

test('workers and interruptions change neither the images nor the counts', async () => {
  // Otherwise a dataset could not be made again.
  const whole = await manifestOf(first)
  const parts = { ...settings, workers: 2, runGuid: 'parts' }
  await interruptedAfter(4, video, { ...parts, checkpointFrames: 2 })
  await expect(processVideo(video, { ...parts, background: 'none' })).rejects.toThrow(
    /Cannot resume .*--background "person", which is "none" now/,
  )
  expect(await manifestOf(await processVideo(video, parts))).toEqual(whole)
})

test.each([
  ['auto', true, true, undefined, 'person'],
  ['auto', true, true, 0.86, 'surface'],
  ['auto', true, true, 0.6, 'person'],
  ['auto', false, true, undefined, 'person'],
  ['surface', true, true, undefined, 'surface'],
  ['surface', false, true, undefined, 'none'],
  ['person', true, true, undefined, 'person'],
  ['none', true, true, undefined, 'none'],
  ['auto', true, false, undefined, 'none'],
] as const)(
  '--background %s, with colors that separate people %s, removal %s, and agreement %s: by %s',
  (background, separatesPeople, backgroundRemoval, agreement, method) => {
    // Otherwise a run on grass would take the slower way or have bad masks, or a user could not keep backgrounds.
    const surface = { ...noSurface('none of its own'), found: true, separatesPeople }
    const choice = chooseRemoval({ background, backgroundRemoval }, surface, agreement)
    expect(choice).toEqual({ method, why: expect.stringMatching(/surface|color|agreement|--/) })
  },
)

test('options that contradict each other are refused', async () => {
  // Otherwise one of them would silently win.
  await expect(processVideo(video, { ...settings, backgroundRemoval: false })).rejects.toThrow(
    /^Expected none, with --no-background-removal for --background but received 'person'/,
  )
})
