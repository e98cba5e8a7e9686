import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportCommand } from '../../dist/cli/export.js'
import type { ReviewAction } from '../../dist/review/actions.js'
import { storedRun } from '../support/stored-run.js'

let parent: string
let run: string
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cropstream-'))
  run = await storedRun(join(parent, 'run'), {
    tracks: [
      [0, 3],
      [4, 9],
      [0, 9],
      [0, 9],
      [3, 9],
    ],
  })
})
afterAll(() => rm(parent, { recursive: true }))

/** Exports the run with a review; resolves to the rows of the index. */
async function reviewed(name: string, actions: ReviewAction[], changes: object = {}) {
  const manifest = JSON.parse(await readFile(join(run, 'manifest.json'), 'utf8'))
  const { video_guid } = manifest.video
  const { dataset_sha256 } = manifest
  const review = { format: 'cropstream-review/1', video_guid, dataset_sha256, actions, ...changes }
  const path = join(parent, `${name}.json`)
  const out = join(parent, name)
  await writeFile(path, JSON.stringify(review))
  await exportCommand([run, '--format', 'parquet', '--out', out, '--review', path, '--quiet'])
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(join(out, 'index.parquet')) })
  return { path, rows, record: JSON.parse(await readFile(join(out, 'export.json'), 'utf8')) }
}

test('identities follow the review: merged, split, dropped', async () => {
  // Otherwise what a person corrected in minutes would not reach the training.
  const { rows, record } = await reviewed('corrected', [
    { merge: ['1', '2'] },
    { split: 3, frame: 100 },
    { merge: ['3@100', '5'] },
    { drop: '4' },
    { name: '2', team: 'blue', number: '10' },
  ])
  const of = (track: number) => rows.filter(row => row.track_id === track)
  expect(record.identities).toBe(3)
  expect(of(1).map(row => row.frame_index)).toEqual(expect.arrayContaining([0, 95, 100, 245]))
  expect(of(3).every(row => row.frame_index < 100)).toBe(true)
  expect(of(4)).toEqual([])
  expect(of(1)[0]).toMatchObject({ team: 'blue', number: '10' })
  expect([undefined, null]).toContain(of(3)[0]?.team)
  // Of part 3@100 and track 5, which overlap, one crop a frame is taken, and the others are counted.
  expect(new Set(of(5).map(row => `${row.frame_index} ${row.augmentation}`)).size).toBe(of(5).length)
  expect(record.left_out).toMatchObject({
    dropped_in_review: 35 * 2 + 10,
    double: 15 * 2 + 10,
  })
  expect(record.inputs.runs[0].review_sha256).toMatch(/^[0-9a-f]{64}$/)
})

test('a review of another run, of no run of the export, or that is not there is refused', async () => {
  // Otherwise the numbers of one run would be applied to the players of another.
  await expect(reviewed('other', [], { dataset_sha256: 'x' })).rejects.toThrow(
    /it is of another run of this video/,
  )
  const missing = join(parent, 'missing.json')
  const args = [run, '--format', 'parquet', '--out', join(parent, 'none'), '--review', missing]
  await expect(exportCommand(args)).rejects.toThrow(`Cannot read the review ${missing}: it does not exist`)
  await expect(reviewed('unused', [], { video_guid: 'x' })).rejects.toThrow(/video x is not among those/)
  const folder = [...args.slice(0, -1), run]
  await expect(exportCommand(folder)).rejects.toThrow(new RegExp(`^Cannot read ${run}: EISDIR`))
})

test('two reviews of one video are refused', async () => {
  // Otherwise one of them would be applied, and the other one said to be of a video that is not exported.
  const { path } = await reviewed('one', [])
  const { path: other } = await reviewed('two', [])
  const args = [run, '--format', 'parquet', '--out', join(parent, 'none'), '--review', path, other]
  await expect(exportCommand(args)).rejects.toThrow(`two reviews of one video: ${path} and ${other}`)
})

test('an action on a track or a crop that is not in the run is refused', async () => {
  // Otherwise a wrong number in a review that was written by hand would lose the correction without a word.
  await expect(reviewed('a', [{ merge: ['1', '99'] }])).rejects.toThrow(/the run has no track 99/)
  await expect(reviewed('b', [{ dropCrop: 4, frame: 5000 }])).rejects.toThrow(/no track 4 in frame 5000/)
  await expect(reviewed('c', [{ split: 4, frame: 3 }])).rejects.toThrow(/no track 4 in frame 3/)
})

test('a merged person has one box in a frame', async () => {
  // Otherwise TrackEval would refuse the file: two tracks of one person may overlap.
  const { path } = await reviewed('double', [{ merge: ['3', '4'] }])
  const out = join(parent, 'double-mot')
  await exportCommand([run, '--format', 'mot', '--out', out, '--review', path, '--quiet'])
  const truth = (await readFile(join(out, 'run_1/gt/gt.txt'), 'utf8')).trim().split('\n')
  const keys = truth.map(line => line.split(',', 2).join())
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys.filter(key => key.endsWith(',3'))).toHaveLength(50)
})
