import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { VideoResult } from '../../dist/fleet/contract.js'
import { processVideo } from '../../dist/index.js'
import { childrenOf, drawClip } from '../support/clips.js'
import { drawnMatch, smallVideo } from '../support/matches.js'
import { smallFlags, smallSettings, smallSize } from '../support/small-match.js'
import { start } from '../support/started.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-fleet-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const batchOf = (out: string, name: string) => join(out, 'local/user/process/player-crops', `batch_${name}`)

async function resultsIn(batch: string): Promise<VideoResult[]> {
  const names = (await readdir(join(batch, 'results'))).sort()
  return Promise.all(
    names.map(async name => JSON.parse(await readFile(join(batch, 'results', name), 'utf8'))),
  )
}

const logOf = (batch: string, { id }: VideoResult) => readFile(join(batch, 'logs', `${id}.jsonl`), 'utf8')

test('a folder of videos becomes their datasets, and what fails says why', async () => {
  // Otherwise one bad file among fifty would stop the others, or be lost without a word.
  const games = join(folder, 'games')
  await mkdir(games)
  const video = await smallVideo()
  await copyFile(video, join(games, 'a match.mp4'))
  await writeFile(join(games, 'broken.mp4'), 'To be or not to be. '.repeat(99))
  await drawClip(join(games, 'empty field.mp4'), { frames: 5 })
  const out = join(folder, 'out')
  const command = ['batch', games, '--out', out, '--fps', '1.5', '--augment', '0', ...smallFlags]

  const first = await start(command).ended
  expect(first.code).toBe(3)
  expect(first.text).toMatch(/1 of 3 videos done, 2 failed, 0 left/)
  const batch = batchOf(out, 'games')
  const [match, broken, empty] = await resultsIn(batch)
  const plain = await processVideo(video, {
    ...smallSettings,
    out: join(folder, 'plain'),
    fps: 1.5,
    augment: 0,
  })
  expect(match).toMatchObject({
    ...{ uri: join(games, 'a match.mp4'), state: 'done', exit_code: 0 },
    made: { dataset_sha256: plain.datasetSha256, images: plain.images, frames: plain.framesRead },
  })
  expect(match?.core_seconds).toBeGreaterThan(0)
  expect(broken).toMatchObject({
    state: 'failed',
    exit_code: 3,
    reason: expect.stringMatching(/broken\.mp4/),
  })
  expect(empty).toMatchObject({ state: 'failed', exit_code: 3 })
  expect(await logOf(batch, broken!)).toContain('"exit_code":3') // it is there

  // Started again it begins nothing; --retry tries what has failed.
  const before = await resultsIn(batch)
  const second = await start(command).ended
  expect(second.text).toMatch(/3 videos, 1 done before, 2 failed before/)
  expect(second.code).toBe(3)
  expect(await resultsIn(batch)).toEqual(before)
  // A dataset that was removed is made again: what is stored decides, not what was noted.
  await copyFile(video, join(games, 'broken.mp4'))
  await rm(match!.made!.root, { recursive: true }) // as compared above
  const third = await start([...command, '--retry']).ended
  expect(third.text).toMatch(/0 done before, 0 failed before/)
  expect(third.text).toMatch(/2 of 3 videos done, 1 failed/)

  // A list that was begun stays what it was.
  await copyFile(video, join(games, 'new.mp4'))
  const fourth = await start(command).ended
  expect(fourth.text).toMatch(/1 of 4 videos of .* are not in the batch games/)
  const fifth = await start([...command, '--min-height', '30']).ended
  expect(fifth.code).toBe(2)
  expect(fifth.text).toMatch(/begun with other options/)
})

test('a batch that is stopped or killed goes on where its videos were', async () => {
  // Otherwise a machine that is taken away would cost the work of hours, or leave a process that goes on alone.
  const { video } = await drawnMatch(smallSize)
  const list = join(folder, 'long')
  await mkdir(list)
  await copyFile(video, join(list, 'match.mp4'))
  const out = join(folder, 'long-out')
  const command = [
    ...['batch', list, '--out', out, '--fps', '25', '--augment', '0', ...smallFlags],
    ...['--checkpoint-frames', '1'],
  ]
  const batch = batchOf(out, 'long')
  const run = join(out, 'local/user/process/player-crops/run_long')
  const segments = async () =>
    (await readdir(run, { recursive: true }).catch(() => [])).filter(path => /segment-/.test(path)).length

  const stopped = start(command)
  await hasCheckpoint(segments)
  stopped.child.kill('SIGTERM')
  const { code } = await stopped.ended
  expect(code).toBe(130)
  expect((await resultsIn(batch))[0]).toMatchObject({ state: 'unfinished', exit_code: 130 })
  const kept = await segments()

  const killed = start(command)
  await hasCheckpoint(async () => Math.max(0, (await segments()) - kept))
  killed.child.kill('SIGKILL')
  await killed.ended
  // The lease refuses a second process while the first one lives; a batch waits for it. The kernel kills what takes the
  // last memory: that costs an attempt, and nothing else.
  const last = start(command)
  const children = () => childrenOf(last.child.pid)
  await expect.poll(children, { timeout: 60_000, interval: 50 }).toHaveLength(1)
  for (const pid of await children()) process.kill(pid, 'SIGKILL')
  const end = await last.ended
  expect(end.text).toMatch(/match\.mp4 is tried again: ended by SIGKILL/)
  expect(end.code).toBe(0)
  const [result] = await resultsIn(batch)
  const plain = await processVideo(video, {
    ...smallSettings,
    out: join(folder, 'plain2'),
    fps: 25,
    augment: 0,
  })
  expect(result).toMatchObject({ state: 'done', made: { dataset_sha256: plain.datasetSha256 } })
  expect(result?.attempts.map(({ exit_code }) => exit_code)).toEqual([130, 137, 0])
  expect(await logOf(batch, result!)).toMatch(/resuming at frame/) // it is there
})

test('--fail-fast stops at the first video that fails for good', async () => {
  // Otherwise a wrong setting would be found out fifty times.
  const list = join(folder, 'fast.jsonl')
  const bad = join(folder, 'worse.mp4')
  await writeFile(bad, 'no video')
  const videos = [{ uri: await smallVideo() }, { uri: bad, priority: 1 }]
  await writeFile(list, videos.map(video => `${JSON.stringify(video)}\n`).join(''))
  const out = join(folder, 'fast-out')
  const { code, text } = await start(['batch', list, '--out', out, '--parallel', '1', '--fail-fast']).ended
  expect(code).toBe(3)
  expect(text).toMatch(/0 of 2 videos done, 1 failed, 1 left/)
  expect(await resultsIn(batchOf(out, 'fast'))).toHaveLength(1)
})

test('one task of many tries its own videos, once', async () => {
  // Otherwise two machines would process the same video, or an engine could not decide from the exit code.
  const list = join(folder, 'tasks.jsonl')
  const video = await smallVideo()
  const [good, bad] = [join(folder, 'good.mp4'), join(folder, 'bad.mp4')]
  await copyFile(video, good)
  await writeFile(bad, 'no video')
  await writeFile(list, [good, bad].map(uri => `${JSON.stringify({ uri })}\n`).join(''))
  const out = join(folder, 'tasks-out')
  const command = ['batch', list, '--out', out, '--fps', '1.5', '--augment', '0', ...smallFlags]
  const task = (index: string) =>
    start([...command, '--index', 'auto'], { JOB_COMPLETION_INDEX: index }).ended
  // At once, as an engine starts them: one of them freezes the list.
  const [first, second, beyond] = await Promise.all([task('0'), task('1'), task('2')])
  expect([first.code, second.code, beyond.code]).toEqual([0, 3, 0])
  expect(beyond.text).toMatch(/task 2: 0 videos/)
  expect((await resultsIn(batchOf(out, 'tasks'))).map(({ state }) => state).sort()).toEqual([
    'done',
    'failed',
  ])
})

/** Resolves when the number is above 0. */
async function hasCheckpoint(count: () => Promise<number>): Promise<void> {
  await expect.poll(count, { timeout: 60_000, interval: 50 }).toBeGreaterThan(0)
}
