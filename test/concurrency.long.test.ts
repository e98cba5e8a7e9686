import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ffmpeg } from './support/clips.js'
import { bucketOutput, datasetIn, folderOutput } from './support/crash/outputs.js'
import { cropstream } from './support/crash/program.js'
import type { Emulator } from './support/gcs/emulator.js'
import { describeWithEmulator } from './support/gcs/suite.js'
import { smallVideo } from './support/matches.js'
import { eightFrames } from './support/small-match.js'

const graph = fileURLToPath(new URL('../dist/graph.js', import.meta.url))
let folder: string
let video: string
/** The dataset of a run without concurrent processes. */
let alone: Map<string, string>
let made = 0
const newPath = () => join(folder, `place-${made++}`)
const small = [...eightFrames, '--augment', '1', '--run-guid', 'one']
const run = async (...args: string[]) => cropstream([...args, ...small], await mkdtemp(join(folder, 'tmp-')))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-concurrency-'))
  video = await smallVideo()
  const output = folderOutput(newPath())
  expect(await run(video, '--out', output.out)).toMatchObject({ code: 0 })
  alone = await datasetIn(output)
})
afterAll(() => rm(folder, { recursive: true }))

/** Starts the program and suspends it while its graph runs, like a machine under load. */
async function suspended(...args: string[]): Promise<{ child: ChildProcess; ended: Promise<number | null> }> {
  const child = spawn(process.execPath, [graph, ...args, ...small], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  let stderr = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      if (stderr.includes('writing to')) resolve()
    })
    void ended.then(code => reject(new Error(`Expected it to start but it ended with ${code}: ${stderr}`)))
  })
  child.kill('SIGSTOP')
  return { child, ended }
}

async function refusesSecond(args: string[], dataset: () => Promise<Map<string, string>>) {
  const first = await suspended(...args)
  try {
    const second = await run(...args)
    expect([second.code, second.stderr]).toEqual([
      6,
      expect.stringMatching(/Cannot work on .*: process \d+ works on it; wait for its end/),
    ])
    expect(second.events.filter(event => event.startsWith('detect'))).toEqual([])
  } finally {
    first.child.kill('SIGCONT')
  }
  expect(await first.ended).toBe(0)
  expect(await dataset()).toEqual(alone)
}

/** Events of detection and of writes: a process without any did no work. */
const workOf = (events: readonly string[]) =>
  events.filter(event => /^(detect|images|publish|segment|lease) (?!GET)/.test(event))

test('a second process on the same run is refused and does not disturb the first', async () => {
  // Otherwise both would do all the work, or fail on the files of the other.
  const output = folderOutput(newPath())
  await refusesSecond([video, '--out', output.out], () => datasetIn(output))
})

test('two processes started at the same time make one dataset', async () => {
  // Otherwise two jobs for the same game would corrupt each other.
  const output = folderOutput(newPath())
  const ended = await Promise.all([run(video, '--out', output.out), run(video, '--out', output.out)])
  const codes = ended.map(({ code }) => code)
  // The later process exits as busy, or finds the run complete.
  expect(codes).toContain(0)
  for (const { code, stderr } of ended) expect([0, 6], stderr).toContain(code)
  expect(ended.filter(({ events }) => workOf(events).some(event => event.startsWith('detect')))).toHaveLength(
    1,
  )
  expect(await datasetIn(output)).toEqual(alone)
})

test('two videos in one run do not disturb each other', async () => {
  // Otherwise several processes could not share the work on a season.
  const output = folderOutput(newPath())
  const other = join(folder, 'other.mp4')
  await ffmpeg('-i', video, '-c', 'copy', '-metadata', 'title=the same, but other bytes', other)
  const ended = await Promise.all([run(video, '--out', output.out), run(other, '--out', output.out)])
  expect(ended.map(({ code }) => code)).toEqual([0, 0])
  const folders = new Map<string, string[]>()
  for (const path of (await output.list()).keys()) {
    const [, of = '', name = ''] = /^(.*\/video_[^/]+)\/(.*)$/.exec(path) ?? []
    folders.set(of, [...(folders.get(of) ?? []), name])
  }
  expect(folders.size).toBe(2)
  const expected = [...alone.keys(), 'metadata.json'].sort()
  // The kind of augmentation depends on the video, but not the number.
  for (const names of folders.values()) expect(names.sort()).toEqual(expected)
})

test('a second start of a complete run changes nothing and reports it as complete', async () => {
  // Otherwise a retry of a whole season would repeat all the work.
  const output = folderOutput(newPath())
  await run(video, '--out', output.out)
  const before = await output.list()
  const again = await run(video, '--out', output.out, '--log-format', 'json')
  expect(again.code).toBe(0)
  expect(JSON.parse(again.stderr.trim().split('\n').at(-1)!)).toMatchObject({ already_complete: true })
  expect(workOf(again.events)).toEqual([])
  expect(await output.list()).toEqual(before)
  const changed = await run(video, '--out', output.out, '--jpeg-quality', '80')
  expect([changed.code, changed.stderr]).toEqual([
    2,
    expect.stringMatching(/--jpeg-quality 95, which is 80 now/),
  ])
  expect(await output.list()).toEqual(before)
})

await describeWithEmulator('a bucket', (emulator: Emulator) => {
  const newBucket = async () => {
    const bucket = await emulator.createBucket(`shared-${process.pid}-${made++}`)
    await bucket.put('raw/game.mp4', await readFile(video))
    const output = bucketOutput(bucket, 'out')
    const args = [`gs://${bucket.name}/raw/game.mp4`, '--out', output.out, '--gcs-endpoint', emulator.url]
    return { bucket, output, args }
  }

  test('a second process on the same run is refused and does not disturb the first, in a bucket', async () => {
    // The same as above, for several machines.
    const { output, args } = await newBucket()
    await refusesSecond(args, () => datasetIn(output))
  })

  test('a second start of a complete run finds it although its video has been moved', async () => {
    // Otherwise a retry would fail with a missing video, and a user would search for it.
    const { bucket, output, args } = await newBucket()
    expect(await run(...args)).toMatchObject({ code: 0 })
    expect(await bucket.objects('raw/')).toEqual([])
    const before = await output.list()
    const again = await run(...args, '--log-format', 'json')
    expect([again.code, again.stderr]).toEqual([0, expect.stringMatching(/"already_complete":true/)])
    expect(workOf(again.events)).toEqual([])
    const changed = await run(...args, '--jpeg-quality', '80')
    expect([changed.code, changed.stderr]).toEqual([
      2,
      expect.stringMatching(/--jpeg-quality 95, which is 80 now/),
    ])
    const another = await run(args[0]!.replace('game', 'other'), ...args.slice(1))
    expect([another.code, another.stderr]).toEqual([
      3,
      expect.stringMatching(/other\.mp4: there is no such object/),
    ])
    expect(await output.list()).toEqual(before)
  })
})
