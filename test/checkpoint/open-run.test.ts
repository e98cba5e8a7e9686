import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CheckpointSegment, packSegment, segmentPath } from '../../dist/checkpoint/checkpoint-segment.js'
import { type OpenedRun, type Origin, openRun } from '../../dist/checkpoint/open-run.js'
import { readResumeState } from '../../dist/checkpoint/resume-state.js'
import { thisMachine, thisProcess } from '../../dist/common/processes.js'
import { configure, settings } from '../../dist/graph.js'
import { datasetOptions } from '../../dist/settings/configure.js'
import { BucketStore } from '../../dist/storage/bucket.js'
import { openStorage } from '../../dist/storage/client.js'
import { Folder } from '../../dist/storage/folder.js'
import { Requests, requestDefaults } from '../../dist/storage/requests.js'
import type { SharedStore } from '../../dist/storage/store.js'
import type { Emulator } from '../support/gcs/emulator.js'
import { describeWithEmulator } from '../support/gcs/suite.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-open-'))
})
afterAll(() => rm(folder, { recursive: true }))

let made = 0
const newRoot = () => join(folder, `run-${made++}`)
const put = async (root: string, path: string, bytes: string | Uint8Array) => {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), bytes)
}

const origin: Origin = {
  video: { sha256: 'video' },
  model: { name: 'nanodet', sha256: 'model' },
  options: datasetOptions(settings, configure({})),
  version: '1',
}
/** `origin` as stored in the checkpoint. */
const storedOrigin = JSON.stringify(origin)

const open = (store: SharedStore, now: Origin = origin): Promise<OpenedRun> => openRun(store, now)
const openFolder = async (root: string, now?: Origin) => open(await Folder.open(root), now)
const working = (opened: OpenedRun) => {
  if (opened.complete !== undefined || opened.lease === undefined)
    throw new Error('Expected a run to work on')
  return { listed: opened.listed, lease: opened.lease }
}
const resumeStateOf = async (root: string) => {
  const store = await Folder.open(root)
  const { lease, listed } = working(await open(store))
  await using _released = lease
  return await readResumeState(store, listed, async () => {})
}

const segment = (frames: readonly number[]): CheckpointSegment => ({
  frames: frames.map(index => ({ index, detections: [] })),
  states: {},
  counts: { detect: { itemsIn: frames.length, itemsOut: 0, dropped: {} } },
  objects: [],
  shards: [],
  classes: [],
  trackIds: [],
  samples: 0,
})
async function runWithSegments(...segments: readonly (readonly number[])[]): Promise<string> {
  const root = newRoot()
  await put(root, '.checkpoint/run.json', storedOrigin)
  for (const [number, frames] of segments.entries()) {
    await put(root, segmentPath(number), await packSegment(segment(frames)))
  }
  return root
}

describe('a run that was started', () => {
  // Otherwise crops of other options, another model or another version would be in one dataset.
  test.each<[string, Origin, RegExp]>([
    ['video', { ...origin, video: { sha256: 'other' } }, /started with another video;/],
    [
      'model',
      { ...origin, model: { name: 'yolo', sha256: 'other' } },
      /started with another model \(nanodet\);/,
    ],
    [
      'preprocessing',
      { ...origin, model: { ...origin.model, used_as: { channels: 'BGR' } } as Origin['model'] },
      /started with the model used in another way \(--model-family, or the models\.json beside it\);/,
    ],
    ['program', { ...origin, version: '2' }, /started with another version of cropstream \(1\);/],
    [
      'number',
      { ...origin, options: { ...origin.options, jpegQuality: 80 } },
      /started with --jpeg-quality 95, which is 80 now;/,
    ],
    [
      'option that was not set',
      { ...origin, options: { ...origin.options, every: 3 } },
      /started with --every unset, which is 3 now;/,
    ],
    [
      'list, and a switch',
      { ...origin, options: { ...origin.options, replacementColor: [1, 2, 3], pitchFilter: false } },
      /--pitch-filter true, which is false now, --replacement-color \[.*\], which is \[1,2,3\] now;/,
    ],
  ])('refuses another %s and is not changed', async (_, now, message) => {
    const root = await runWithSegments([0, 5])
    await expect(openFolder(root, now)).rejects.toThrow(message)
    await expect(openFolder(root, now)).rejects.toMatchObject({ exitCode: 2 })
    expect((await resumeStateOf(root)).finished).toBe(2)
  })

  // Otherwise frames after a gap would be twice in detections.json, or the tracker would resume from a wrong state.
  test('resumes after the segments before a missing one, and removes those after it', async () => {
    const root = await runWithSegments([0, 5], [10, 15], [20, 25])
    await rm(join(root, segmentPath(1)))
    const resume = await resumeStateOf(root)
    expect([resume.segments, resume.next, resume.counts.get('detect')?.itemsIn]).toEqual([1, 6, 2])
    expect(
      (await readdir(join(root, '.checkpoint'))).filter(name => name.startsWith('segment')),
    ).toHaveLength(1)
  })

  test('counts the images of all segments by class', async () => {
    // Otherwise the manifest of a resumed run would differ from that of an uninterrupted one.
    const root = await runWithSegments([0, 5])
    const counts = [
      [{ classId: 1, className: 'player', images: 3 }],
      [
        { classId: 0, className: 'goalkeeper', images: 2 },
        { classId: 1, className: 'player', images: 4 },
      ],
    ]
    for (const [number, classes] of counts.entries()) {
      await put(root, segmentPath(number), await packSegment({ ...segment([number]), classes }))
    }
    expect((await resumeStateOf(root)).classes).toEqual([
      { classId: 0, className: 'goalkeeper', images: 2 },
      { classId: 1, className: 'player', images: 7 },
    ])
  })

  // Otherwise a manifest would list an image that was truncated by a power failure, or removed.
  test.each([
    ['missing', undefined],
    ['empty', ''],
  ])('repeats all frames from a segment on if one of its objects is %s', async (_, left) => {
    const root = await runWithSegments([0, 5], [10, 15], [20, 25])
    const object = { path: 'datasets/train/track_1/a.jpg', bytes: 5, sha256: 'x' }
    await put(root, segmentPath(1), await packSegment({ ...segment([10, 15]), objects: [object] }))
    await put(root, object.path, 'whole')
    expect((await resumeStateOf(root)).finished).toBe(6)
    await rm(join(root, object.path))
    if (left !== undefined) await put(root, object.path, left)
    const resume = await resumeStateOf(root)
    expect([resume.segments, resume.finished, resume.next]).toEqual([1, 2, 6])
  })

  // Otherwise damage would be reported as an internal error, or make an incomplete dataset.
  test.each(['.checkpoint/run.json', segmentPath(1), 'manifest.json'])(
    'reports a damaged %s by name',
    async path => {
      const root = await runWithSegments([0], [5])
      await put(root, path, '{"video":')
      const failure = expect(resumeStateOf(root)).rejects
      await failure.toThrow(`Cannot read ${root}/${path}: it is damaged; remove`)
      await expect(resumeStateOf(root)).rejects.toMatchObject({ exitCode: 4 })
    },
  )

  // Otherwise partial files would stay next to the dataset forever.
  test('removes temporary files', async () => {
    const root = await runWithSegments([0])
    await put(root, 'datasets/train/track_1/a.jpg.tmp', 'half')
    await put(root, 'datasets/train/track_1/b.jpg', 'whole')
    const store = await Folder.open(root)
    const { lease } = working(await open(store))
    await lease[Symbol.asyncDispose]()
    await store.close()
    expect(await readdir(join(root, 'datasets/train/track_1'))).toEqual(['b.jpg'])
  })
})

// Otherwise files of a user would be mixed with those of a run, or be mistaken for them.
test('a folder with other files and without a checkpoint is refused and not changed', async () => {
  const root = newRoot()
  await put(root, 'letters/mine.txt', 'dear')
  await expect(openFolder(root)).rejects.toThrow(/it holds something else, without a checkpoint.*--run-guid/)
  expect(await readdir(root, { recursive: true })).toEqual(['letters', 'letters/mine.txt'])
})

/** Number of stores that acquire the lease when all open a run at once. */
async function winners(stores: readonly SharedStore[]): Promise<number> {
  const outcomes = await Promise.allSettled(stores.map(store => open(store)))
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ exitCode: 6 })
  }
  return outcomes.filter(({ status }) => status === 'fulfilled').length
}

describe('a lease', () => {
  const leasePath = '.checkpoint/lease-0.json'
  const leaseOf = (owner: unknown) => JSON.stringify(owner)
  const here = { host: hostname(), machine: thisMachine }
  const gone = { ...here, pid: 2 ** 22 + 1, born: 1 }
  const elsewhere = { host: `not-${hostname()}`, machine: 'another', pid: 1, born: 1 }
  const alive = { ...here, ...thisProcess }
  const reborn = { ...here, pid: thisProcess.pid, born: thisProcess.born + 1 }
  /** A container with the same name, in which the same process id is another process. */
  const namesake = { ...alive, machine: 'another' }

  // Otherwise a crashed run could not be resumed at once, or two processes would work on one run.
  test.each<[string, string, number, RegExp | undefined]>([
    ['a process of this machine that has ended', leaseOf(gone), 0, undefined],
    ['an earlier process with the same pid', leaseOf(reborn), 0, undefined],
    ['a running process', leaseOf(alive), 0, /process \d+ works on it; wait for its end/],
    ['a running process without heartbeats', leaseOf(alive), 900, /process \d+ works on it/],
    ['another machine, recent', leaseOf(elsewhere), 100, /process 1 on not-.* 100 s ago.*again in 80 s/],
    ['another machine, expired', leaseOf(elsewhere), 181, undefined],
    ['a machine with the same name, recent', leaseOf(namesake), 100, /100 s ago.*again in 80 s/],
    ['a machine with the same name, expired', leaseOf(namesake), 181, undefined],
    ['an unknown owner, recent: empty', '', 100, /another process worked on it 100 s ago.*in 80 s/],
    ['an unknown owner, recent: damaged', '{"host":', 100, /another process worked on it/],
    ['an unknown owner, expired', '', 181, undefined],
  ])('of %s', async (_, content, secondsAgo, busy) => {
    const root = await runWithSegments([0])
    await put(root, leasePath, content)
    const then = Date.now() / 1000 - secondsAgo
    await utimes(join(root, leasePath), then, then)
    if (busy !== undefined) {
      await expect(openFolder(root)).rejects.toThrow(busy)
      await expect(openFolder(root)).rejects.toMatchObject({ exitCode: 6 })
      expect(await readFile(join(root, leasePath), 'utf8')).toBe(content)
    } else {
      const { lease: own } = working(await openFolder(root))
      expect(own.path).toBe('.checkpoint/lease-1.json')
      await own[Symbol.asyncDispose]()
    }
  })

  // Otherwise two containers of one name would work on one run at once, or a container that was replaced would keep
  // its run busy for ever.
  test('holds in another container with the same name until it expires', async context => {
    if (spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status !== 0) {
      console.warn('SKIPPED: the test of two process namespaces, which needs the right to make them')
      return context.skip()
    }
    const root = newRoot()
    const program = fileURLToPath(new URL('../support/lease-holder.mjs', import.meta.url))
    const inContainer = () => {
      const args = ['--pid', '--fork', '--mount-proc', process.execPath, program, root]
      return spawnSync('unshare', args, { encoding: 'utf8' }).stdout
    }
    expect(inContainer()).toMatch(/^open in process 1$/m)
    expect(inContainer()).toMatch(
      /process 1 on .* worked on it \d+ s ago; if it has ended, try again in \d+ s/,
    )
    const expired = Date.now() / 1000 - 181
    await utimes(join(root, leasePath), expired, expired)
    expect(inContainer()).toMatch(/^open in process 1$/m)
  })

  // Otherwise two processes would do the same work, and one of them would fail at the end.
  test('is acquired by exactly one of several processes at once, also after a process that has ended', async () => {
    for (const path of [newRoot(), await runWithSegments([0])]) {
      if ((await stat(path).catch(() => undefined)) !== undefined) await put(path, leasePath, leaseOf(gone))
      const stores = await Promise.all(Array.from({ length: 8 }, () => Folder.open(path)))
      expect(await winners(stores)).toBe(1)
      for (const store of stores) await store.close()
      // No partial lease is left.
      expect((await readdir(join(path, '.checkpoint'))).filter(name => name.endsWith('.tmp'))).toEqual([])
    }
  })
})

await describeWithEmulator('a lease in a bucket', (emulator: Emulator) => {
  // The same as above, for several machines.
  test('is acquired by exactly one of several processes at once', async () => {
    const { name } = await emulator.createBucket(`leases-${process.pid}`)
    const store = () =>
      new BucketStore(
        openStorage({ endpoint: emulator.url }),
        { bucket: name, path: 'run' },
        new Requests({ ...requestDefaults, deadlineMs: 10_000 }),
      )
    expect(await winners(Array.from({ length: 5 }, store))).toBe(1)
  })
})
