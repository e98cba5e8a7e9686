import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { mergeCommand } from '../../dist/cli/merge.js'
import { Batch } from '../../dist/fleet/batch.js'
import type { VideoResult } from '../../dist/fleet/contract.js'
import { describeWithEmulator } from '../support/gcs/suite.js'
import { colorOf, type StoredRunOptions, storedRun } from '../support/stored-run.js'

const program = fileURLToPath(new URL('../../dist/graph.js', import.meta.url))
let parent: string
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cropstream-'))
})
afterAll(() => rm(parent, { recursive: true }))

const placeIn = (name: string) => ({
  ...{ out: join(parent, name), tenant: 'club', pipeline: 'crops', name: 'weekend' },
})
const folderOf = ({ out }: { readonly out: string }) => join(out, 'club/user/process/crops')
const batchIn = (name: string) => join(folderOf(placeIn(name)), 'batch_weekend')

const begin = (place: Parameters<typeof Batch.freeze>[0], ids: readonly string[]) =>
  Batch.freeze(
    place,
    {},
    ids.map(id => ({ id, uri: `/games/${id}.mp4`, priority: 0, options: {} })),
  )

/** What is recorded of a video that was tried once. */
const resultOf = (id: string, more: Partial<VideoResult>): VideoResult => ({
  ...{ id, uri: `/games/${id}.mp4`, state: 'done', exit_code: 0, seconds: 10, core_seconds: 15 },
  attempts: [
    {
      ...{ exit_code: more.exit_code ?? 0, host: 'here', started_at: '2026-11-27T12:00:00.000Z' },
      ...{ seconds: 10, core_seconds: 15 },
    },
  ],
  ...more,
})

const failed = (id: string, exit_code: number, reason: string) =>
  resultOf(id, { state: 'failed', exit_code, reason })

const madeAt = (root: string) => ({
  made: { root, dataset_sha256: '00', frames: 50, tracks: 2, images: 160, image_bytes: 1 },
})

const twoTracks = { tracks: [[0, 9] as const, [0, 9] as const] }
/** Images of such a run: 7 s of train with a variant each, 2 s of val. */
const imagesOfRun = 2 * (35 * 2 + 10)

const runOf = (place: { readonly out: string }, video: number, more: Partial<StoredRunOptions> = {}) =>
  storedRun(folderOf(place), { ...twoTracks, run: 'weekend', video, ...more })

const merge = (name: string) => mergeCommand([batchIn(name), '--quiet'])
const summaryIn = async (folder: string) => JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8'))
const rowsIn = async (folder: string) =>
  parquetReadObjects({ file: await asyncBufferFromFile(join(folder, 'index.parquet')) })
const filesIn = (folder: string) =>
  Promise.all(['index.parquet', 'summary.json'].map(file => readFile(join(folder, file))))

describe('the index', () => {
  beforeAll(async () => {
    const place = placeIn('index')
    await using batch = await begin(place, ['files', 'shards'])
    await batch.record(resultOf('files', madeAt(await runOf(place, 1))))
    await batch.record(resultOf('shards', madeAt(await runOf(place, 2, { layout: 'shards' }))))
    await merge('index')
  })

  test('leads to the picture of each identity, in files and in shards', async () => {
    // Otherwise a model would be trained with the players of another game.
    const rows = await rowsIn(batchIn('index'))
    expect(rows).toHaveLength(2 * imagesOfRun)
    for (const row of rows.filter((_, i) => i % 17 === 0)) {
      const stored = await readFile(join(row.run, row.path))
      const { channels } = await sharp(stored.subarray(row.offset, row.offset + row.bytes)).stats()
      const [, video, track] = /^0{8}-0{4}-5000-8000-0{11}(\d)\/(\d)$/.exec(row.identity) ?? []
      const { r, g, b } = colorOf(Number(track), Number(video))
      for (const [i, level] of [r, g, b].entries()) expect(channels[i]?.mean).toBeCloseTo(level, -1)
      expect([row.video_guid, row.track_id]).toEqual([row.identity.split('/')[0], Number(track)])
    }
    expect(new Set(rows.map(row => row.identity)).size).toBe(4)
  })

  test('is what the totals say', async () => {
    // Otherwise the cost of an image would be that of another dataset.
    const { totals } = await summaryIn(batchIn('index'))
    const bytes = (await rowsIn(batchIn('index'))).reduce((sum, row) => sum + row.bytes, 0)
    expect(totals).toEqual({
      ...{ datasets: 2, frames: 100, images: 2 * imagesOfRun, identities: 4, image_bytes: bytes },
      ...{ attempts: 2, seconds: 20, core_seconds: 30 },
      ...{ seconds_per_image: 0.0625, core_seconds_per_image: 0.09375 },
    })
  })

  test('is the same when it is made again, also after a merge that was killed', async () => {
    // Otherwise nobody could tell whether a batch has changed, or a killed merge would be the last.
    const before = await filesIn(batchIn('index'))
    await writeFile(join(batchIn('index'), 'index.parquet.tmp'), 'half of')
    await merge('index')
    expect(await filesIn(batchIn('index'))).toEqual(before)
    expect((await readdir(batchIn('index'))).sort()).toEqual([
      ...['index.parquet', 'list.jsonl', 'results', 'summary.json'],
    ])
  })

  test('moves with its batch', async () => {
    // Otherwise the index of a batch that was made on a cluster would name folders that are not there.
    await cp(join(parent, 'index'), join(parent, 'moved'), { recursive: true })
    await merge('moved')
    const [row] = await rowsIn(batchIn('moved'))
    expect(row?.run).toMatch(join(parent, 'moved'))
    expect(await summaryIn(batchIn('moved'))).toMatchObject({ without_dataset: [] })
  })
})

describe('a batch in which not all is well', () => {
  const place = () => placeIn('mixed')
  let printed: string
  beforeAll(async () => {
    const ids = ['ok', 'again', 'gone', 'cut', 'bad-1', 'bad-2', 'odd', 'later', 'new-1', 'new-2']
    await using batch = await begin(place(), ids)
    const root = await runOf(place(), 1)
    await batch.record(resultOf('ok', madeAt(root)))
    await batch.record(resultOf('again', madeAt(root)))
    await batch.record(resultOf('gone', madeAt(root.replace(/1$/, '7'))))
    const cut = await runOf(place(), 2, { layout: 'shards' })
    // The shard after the first: rows of the run are written before it is read.
    await truncate(join(cut, 'datasets/val/val-000000.tar'), 5000)
    await batch.record(resultOf('cut', madeAt(cut)))
    for (const [id, frame] of [['bad-1', 12] as const, ['bad-2', 480] as const]) {
      const why = `Cannot read all of '/games/${id}.mp4': frame ${frame} is damaged`
      await batch.record(failed(id, 3, why))
    }
    await batch.record(failed('odd', 2, 'Expected a number'))
    await batch.record(resultOf('later', { state: 'unfinished', exit_code: 130, reason: 'Interrupted' }))
    const log = vi.spyOn(console, 'log').mockReturnValue()
    expect(await mergeCommand([batchIn('mixed')])).toBe(0)
    printed = String(log.mock.calls[0]?.[0])
    log.mockRestore()
  })

  test('is counted by state, and failures by what went wrong', async () => {
    // Otherwise a person would read two thousand results to find what to do.
    const summary = await summaryIn(batchIn('mixed'))
    expect(summary).toMatchObject({
      videos: { failed: 3, unfinished: 1, not_begun: 2, done: 4 },
      failures: [
        { exit_code: 3, ids: ['bad-1', 'bad-2'], reason: /frame 12 is damaged/ },
        { exit_code: 2, ids: ['odd'], reason: 'Expected a number' },
      ].map(group => ({
        ...group,
        reason: typeof group.reason === 'string' ? group.reason : expect.stringMatching(group.reason),
      })),
      unfinished: [{ id: 'later', exit_code: 130, reason: 'Interrupted' }],
      not_begun: ['new-1', 'new-2'],
    })
  })

  test('has no row of a dataset that is gone or damaged, and names it', async () => {
    // Otherwise one lost game would keep all others from being trained with, or half a game would pass for a whole.
    const { without_dataset, totals } = await summaryIn(batchIn('mixed'))
    expect(without_dataset).toMatchObject([
      { id: 'gone', reason: expect.stringMatching(/007\/manifest\.json: there is no such object/) },
      { id: 'cut', reason: expect.stringMatching(/val-000000\.tar: it has 5000 bytes, and \d+ in/) },
    ])
    const rows = await rowsIn(batchIn('mixed'))
    expect(new Set(rows.map(row => row.video_guid)).size).toBe(1)
    expect([rows.length, totals.images, totals.datasets]).toEqual([imagesOfRun, imagesOfRun, 1])
  })

  test('counts two videos of the same content once', async () => {
    // Otherwise their players would be in the dataset twice.
    const { same_content, totals } = await summaryIn(batchIn('mixed'))
    expect(same_content).toEqual([{ id: 'again', same_as: 'ok' }])
    expect([totals.frames, totals.attempts]).toEqual([50, 8])
  })

  test('is told with what failed first, and with the command that tries it again', () => {
    // Otherwise a person would miss that a third of the games is not there.
    const at = (text: string) => printed.indexOf(text)
    expect(at('failed')).toBeGreaterThan(-1)
    expect(at('failed')).toBeLessThan(at('done'))
    expect(printed).toMatch(/bad-1 and 1 more: Cannot read all of .* \(exit code 3\)/)
    expect(printed).toContain(
      `retry: cropstream batch ${batchIn('mixed')}/list.jsonl --out ${place().out} --tenant club --pipeline crops --name weekend --retry`,
    )
    expect(printed).toContain('again and ok')
  })
})

test('the command that tries again what has failed does so', async () => {
  // Otherwise it would be refused, for it does not repeat the options with which the batch was begun.
  const place = placeIn('retry')
  const video = { id: 'gone', uri: join(parent, 'gone.mp4'), priority: 0, options: { fps: 1 } }
  await using batch = await Batch.freeze(place, {}, [video])
  await batch.record(failed('gone', 3, 'it was not there'))
  await merge('retry')
  const [, ...args] = (await summaryIn(batch.store.root)).retry.batch.split(' ')
  const child = spawn(process.execPath, [program, ...args], { stdio: 'ignore' })
  expect(await once(child, 'exit')).toEqual([3, null])
  expect(await batch.resultOf(video)).toMatchObject({
    reason: expect.stringMatching(/gone\.mp4/),
    attempts: [{ exit_code: 3 }],
  })
})

test('a folder that is no batch is refused by name', async () => {
  // Otherwise an empty index would say that a batch has no image.
  await expect(mergeCommand([parent])).rejects.toThrow(/batch_\{name\} for BATCH but received/)
  await expect(mergeCommand([batchIn('none')])).rejects.toThrow(/There is no batch weekend/)
  expect(await readdir(parent)).not.toContain('none')
})

test('a batch of which no video was begun has an empty index', async () => {
  // Otherwise a script that merges every hour would fail in the first one.
  await using batch = await begin(placeIn('begun'), ['one'])
  expect(await merge('begun')).toBe(0)
  expect(await rowsIn(batch.store.root)).toEqual([])
  expect((await summaryIn(batch.store.root)).totals).toMatchObject({ images: 0, seconds_per_image: null })
})

await describeWithEmulator('a batch in a bucket', emulator => {
  test('is merged as in a folder, as often as it is asked for', async () => {
    // Otherwise the second merge would fail, since a bucket replaces no object.
    const bucket = await emulator.createBucket(`merge-${process.pid}`)
    const access = { endpoint: emulator.url }
    const local = placeIn('bucket')
    const root = await runOf(local, 1, { layout: 'shards' })
    for (const entry of await readdir(local.out, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile()) await bucket.put(`games/${path.slice(local.out.length + 1)}`, await readFile(path))
    }
    const place = { ...local, out: `gs://${bucket.name}/games` }
    await using batch = await Batch.freeze(place, access, [
      { id: 'one', uri: 'gs://games/one.mp4', priority: 0, options: {} },
      { id: 'two', uri: 'gs://games/two.mp4', priority: 0, options: {} },
    ])
    await batch.record(resultOf('one', madeAt(root)))
    const merged = async () => {
      await mergeCommand([`${batch.store.root}/`, '--quiet', '--gcs-endpoint', emulator.url])
      const index = await bucket.bytes('games/club/user/process/crops/batch_weekend/index.parquet')
      await writeFile(join(parent, 'index.parquet'), index)
      const summary = await batch.store.read('summary.json')
      return { rows: await rowsIn(parent), summary: JSON.parse(String(summary)) }
    }
    const { rows, summary } = await merged()
    expect(rows).toHaveLength(imagesOfRun)
    expect(rows[0]?.run).toBe(batch.store.root.replace(/batch_.*/, `run_weekend/${root.split('/').at(-1)}`))
    expect(summary.videos).toEqual({ failed: 0, unfinished: 0, not_begun: 1, done: 1 })
    await batch.record(failed('two', 3, 'no video'))
    const again = await merged()
    expect(again.rows).toEqual(rows)
    expect(again.summary.videos).toEqual({ failed: 1, unfinished: 0, not_begun: 0, done: 1 })
  })
})
