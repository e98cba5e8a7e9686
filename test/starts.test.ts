import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Options, processVideo, type Summary, UsageError } from '../dist/index.js'
import type { ReportData } from '../dist/report/data.js'
import { interruptedAfter } from './support/interrupted.js'
import { drawnMatch, smallVideo } from './support/matches.js'
import { embeddedReport } from './support/report-data.js'
import { smallSettings, smallSize } from './support/small-match.js'

/** Options that find players in the small match, and learn its surface, which the report tells; `sampling` gives 16 frames. */
const base: Options = {
  ...smallSettings,
  ...{ surface: 'auto', augment: 1, checkpointFrames: 3, shardMegabytes: 1 },
}
const sampling: Options = { fps: 8 }

type Start = 'video' | 'detections' | 'crops'
interface Row {
  readonly start: Start
  readonly layout: 'files' | 'shards'
  readonly report: boolean
  readonly preview: boolean
  readonly metrics: boolean
  readonly persist: 'final' | 'checkpoint' | 'all'
  readonly resume: boolean
}

const row = (
  start: Start,
  layout: Row['layout'],
  persist: Row['persist'],
  ...on: readonly ('report' | 'preview' | 'metrics' | 'resume')[]
): Row => ({
  ...{ start, layout, persist },
  report: on.includes('report'),
  preview: on.includes('preview'),
  metrics: on.includes('metrics'),
  resume: on.includes('resume'),
})

/** Pairwise combinations of the options, except a preview from crops, which is refused. */
const rows: readonly Row[] = [
  row('video', 'files', 'final'),
  row('video', 'files', 'checkpoint', 'report', 'preview', 'metrics', 'resume'),
  row('video', 'shards', 'all', 'report', 'metrics'),
  row('video', 'shards', 'final', 'preview', 'resume'),
  row('detections', 'files', 'all', 'preview', 'metrics', 'resume'),
  row('detections', 'shards', 'checkpoint', 'report', 'preview'),
  row('detections', 'shards', 'final', 'report', 'metrics', 'resume'),
  row('crops', 'files', 'final', 'metrics'),
  row('crops', 'shards', 'checkpoint', 'resume'),
  row('crops', 'files', 'all', 'report', 'resume'),
  row('crops', 'shards', 'final', 'report', 'metrics'),
]

let folder: string
let video: string
let earlier: Summary
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-starts-'))
  video = await smallVideo()
  const out = join(folder, 'earlier')
  earlier = await processVideo(video, { ...base, ...sampling, out, persist: 'checkpoint' })
})
afterAll(() => rm(folder, { recursive: true }))

/** Options for a start. */
const optionsOf = (start: Start): Options =>
  start === 'video' ? { ...base, ...sampling } : { ...base, from: start, earlier: earlier.root }

const json = async (root: string, name: string) => JSON.parse(await readFile(join(root, name), 'utf8'))

/** Hashes of the dataset's objects, by path. */
async function datasetOf({ root }: Summary): Promise<Record<string, string>> {
  const { objects } = await json(root, 'manifest.json')
  return Object.fromEntries(
    objects
      .filter(({ path }: { path: string }) => path.startsWith('datasets/'))
      .map(({ path, sha256 }: { path: string; sha256: string }) => [path, sha256]),
  )
}

/** Reference runs with only a start and a layout. */
const plain = new Map<string, Promise<Summary>>()
function plainRun(start: Start, layout: Row['layout']): Promise<Summary> {
  const key = `${start}-${layout}`
  const run = plain.get(key) ?? processVideo(video, { ...optionsOf(start), layout, out: join(folder, key) })
  plain.set(key, run)
  return run
}

/** Metrics of a textfile by name and labels. */
async function seriesOf(path: string): Promise<Record<string, number>> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter(line => /^\w/.test(line))
  return Object.fromEntries(lines.map(line => [line.replace(/ \S+$/, ''), Number(/\S+$/.exec(line))]))
}

const reportOf = async ({ report = '' }: Summary): Promise<ReportData> =>
  embeddedReport(await readFile(report, 'utf8'))

let runs = 0

describe.each(rows)(
  '$start as $layout, report $report, preview $preview, metrics $metrics, $persist, resumed $resume',
  row => {
    const { start, layout, report, preview, metrics, persist, resume } = row

    test('makes the same images and reports the same numbers everywhere', async () => {
      // Otherwise monitoring, intermediate images or an interruption would change the dataset, or the manifest, the
      // report and the metrics would contradict each other.
      const out = join(folder, `run-${runs++}`)
      const metricsTextfile = metrics ? join(folder, `${runs}.prom`) : undefined
      const options = {
        ...optionsOf(start),
        ...{ layout, report, preview, metricsTextfile, persist, out, runGuid: 'run' },
      }
      if (resume) await interruptedAfter(5, video, options)
      const summary = await processVideo(video, options)
      const expected = await plainRun(start, layout)
      expect(await datasetOf(summary)).toEqual(await datasetOf(expected))

      const manifest = await json(summary.root, 'manifest.json')
      const { tracks, tracksSeen, cuts, images, framesRead } = summary
      expect(tracks).toBe(earlier.tracks)
      expect([tracks, images, framesRead]).toEqual([expected.tracks, expected.images, expected.framesRead])
      expect(manifest).toMatchObject({ tracks, tracks_seen: tracksSeen, cuts, images, frames: framesRead })
      const ids = (await json(summary.root, 'detections.json')).flatMap(
        ({ tracker_id }: { tracker_id: number[] }) => tracker_id,
      )
      expect(new Set(ids).size).toBe(tracksSeen)

      const steps = Object.entries(manifest.steps) as [string, { out: number; optimization_used: string }][]
      const optimization = start === 'crops' ? 'fallback_storage' : 'in_memory_processing'
      for (const [, { optimization_used }] of steps) expect(optimization_used).toBe(optimization)
      expect(manifest.steps).toHaveProperty(start === 'crops' ? 'read-crops' : 'crop')
      expect('track' in manifest.steps).toBe(start === 'video')

      if (metricsTextfile !== undefined) {
        const series = await seriesOf(metricsTextfile)
        expect(series).toMatchObject({
          cropstream_tracks_opened_total: tracksSeen,
          [`cropstream_optimization_used{step="encode",mode="${optimization}"}`]: 1,
          'cropstream_step_items_out_total{step="encode"}': manifest.steps.encode.out,
        })
        const [used, unused] = start === 'crops' ? ['storage', 'memory'] : ['memory', 'storage']
        expect(series[`cropstream_crops_handed_on_total{step="encode",from="${used}"}`]).toBeGreaterThan(0)
        expect(series[`cropstream_crops_handed_on_total{step="encode",from="${unused}"}`]).toBe(0)
      }
      if (report) {
        const data = await reportOf(summary)
        expect(data.run).toMatchObject({ tracks, tracksSeen, cuts, images })
        expect(data.run.omitted).toHaveLength((start === 'video' ? 0 : 1) + (resume ? 1 : 0))
        expect(data.leakage.map(({ ok }) => ok)).toEqual([true, true, true])
        const { sentences = [], frames = [] } = data.surface ?? {}
        expect(sentences.join(' ')).toMatch(
          start === 'video' ? /were learned from/ : /its report shows who was/,
        )
        // No detector runs in the others.
        for (const { people } of frames) expect(people === undefined).toBe(start !== 'video')
        // After a resume, the report has only the frames from there on.
        expect(data.tracks.length).toBeGreaterThan(0)
        if (!resume) expect(data.tracks.map(({ id }) => id)).toHaveLength(tracksSeen)
        for (const { pictures } of data.tracks) expect(pictures.length).toBeGreaterThan(0)
      }
      if (preview) expect((await readFile(summary.preview ?? '')).length).toBeGreaterThan(1000)
    })
  },
)

test('a preview of crops is refused before anything is read', async () => {
  // Otherwise a video without a picture would be published.
  const run = processVideo(video, { ...optionsOf('crops'), preview: true, out: join(folder, 'refused') })
  await expect(run).rejects.toThrow(/^--preview needs the frames of the video, and --from crops reads none$/)
  await expect(run).rejects.toBeInstanceOf(UsageError)
})

test('an option of a step that the start leaves out is warned of, and not recorded', async () => {
  // Otherwise the manifest would claim a threshold that no detection had to pass.
  const warnings: string[] = []
  const options = { ...optionsOf('crops'), padding: 0.2, pitchFilter: false, out: join(folder, 'idle') }
  const { root } = await processVideo(video, options, { onWarning: message => warnings.push(message) })
  expect(warnings).toContainEqual(
    expect.stringMatching(/^no effect with --from crops: .*--no-pitch-filter.*--padding/),
  )
  const { options: recorded } = await json(root, 'manifest.json')
  expect(recorded).toMatchObject({ augment: 1, from: 'crops' })
  for (const key of ['padding', 'minHeight', 'inputSize', 'confidence'])
    expect(recorded).not.toHaveProperty(key)
})

test('a run of another video is refused', async () => {
  // Otherwise the players of one game would be cut out where those of another stood.
  const { video: other } = await drawnMatch({ ...smallSize, seconds: 0.4, seed: 7 })
  const run = processVideo(other, { ...optionsOf('detections'), out: join(folder, 'mixed') })
  await expect(run).rejects.toThrow(/^Cannot start from .*: it is a run of another video$/)
})

test('stateless and stateful filters drop the same crops for any number of workers and interruptions', async () => {
  // Otherwise a dataset would depend on the number of cores, or on when a run was interrupted.
  const filters: Options = { minSharpness: 2500, minChange: 0.3, layout: 'shards' }
  const run = (name: string, options: Options = {}) => {
    const out = join(folder, `filters-${name}`)
    return { ...base, ...sampling, ...filters, out, runGuid: 'run', ...options }
  }
  const one = await processVideo(video, run('one', { workers: 1 }))
  const three = await processVideo(video, run('three', { workers: 3 }))
  const interrupted = run('interrupted', { workers: 2 })
  for (const frames of [2, 7, 11]) await interruptedAfter(frames, video, interrupted)
  const resumed = await processVideo(video, interrupted)
  const { steps } = await json(one.root, 'manifest.json')
  expect(steps['sharpness-filter'].dropped.blurred).toBeGreaterThan(0)
  expect(steps['change-filter'].dropped.near_duplicate).toBeGreaterThan(0)
  for (const other of [three, resumed]) {
    expect(await datasetOf(other)).toEqual(await datasetOf(one))
    expect((await json(other.root, 'manifest.json')).steps).toEqual(steps)
  }
})
