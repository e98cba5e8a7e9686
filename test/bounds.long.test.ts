import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drawSample } from '../bench/sample/sample.js'
import {
  chain,
  crop,
  encode,
  type Frame,
  findBinaries,
  type ImageFile,
  probe,
  Run,
  type Sink,
  Slots,
  split,
  type TrackedFrame,
  videoFrames,
  type WorkerOperator,
  WorkerPool,
} from '../dist/index.js'
import { drawClip, ffmpeg } from './support/clips.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
})
afterAll(() => rm(folder, { recursive: true }))

const boxes = (players: number): WorkerOperator<'boxes', Frame, TrackedFrame> => ({
  name: 'boxes',
  module: new URL('./support/boxes.mjs', import.meta.url).href,
  options: { players },
})

test('with a sink that takes 200 ms per crop, ffmpeg waits and at most N frames are alive', async () => {
  // Otherwise a slow disk or network would fill the memory with frames.
  const path = await drawClip(join(folder, 'clip.mp4'), { size: '320x180', frames: 60 })
  const info = await probe(path, findBinaries())
  const video = videoFrames(info, { every: 5 })
  const slots = new Slots(3, video.frameBytes)
  let taken = 0
  const ahead: number[] = []
  const sink: Sink<ImageFile> = {
    name: 'slow',
    async write() {
      // The delay is the load of the test, not a wait for a condition.
      await delay(200)
      ahead.push(video.report.framesRead - Math.floor(taken++ / 2))
    },
    async [Symbol.asyncDispose]() {},
  }
  await using pool = new WorkerPool(2)
  const run = new Run(pool, slots)
  const stage = run.through(chain(boxes(2), crop(), split({ valRatio: 0 }), encode()))
  await run.into(sink, run.from(video).pipe(stage))
  expect(taken).toBe(24)
  expect(slots.highWater).toBe(3)
  expect(Math.max(...ahead)).toBeLessThanOrEqual(3)
  // ffmpeg decodes these twelve frames in a few milliseconds; the rest of the time it was held back.
  expect(slots.waitedMs).toBeGreaterThan(1000)
})

/**
 * V8 grows its young generations once, to 16 MB in each of three threads. And it frees buffers late: a run takes some
 * hundred frames until its memory stays as it is.
 */
const youngGenerationsMegabytes = 3 * 16

test('a video three times as long takes no more memory', async () => {
  // Otherwise a clip would fit into memory but a two-hour game would not, or only without a report.
  const { video } = await drawSample({ seconds: 3, width: 640, height: 360, out: folder })
  const repeated = async (times: number) => {
    const path = join(folder, `${times}.mp4`)
    await ffmpeg('-stream_loop', `${times - 1}`, '-i', video, '-c', 'copy', path)
    return path
  }
  const peakOf = async (path: string) => {
    const graph = fileURLToPath(new URL('../dist/graph.js', import.meta.url))
    const args = [
      graph,
      path,
      '--out',
      join(folder, 'out'),
      '--every',
      '1',
      '--input-size',
      '320',
      '--augment',
      '0',
      '--report',
    ]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const [, frames, megabytes] = /(\d+) frames[\s\S]*peak (\d+) MB/.exec(stdout) ?? []
    return { frames: Number(frames), megabytes: Number(megabytes) }
  }
  const [short, long] = [await peakOf(await repeated(10)), await peakOf(await repeated(30))]
  expect(long.frames).toBe(3 * short.frames)
  expect(long.megabytes).toBeLessThanOrEqual(1.05 * short.megabytes + youngGenerationsMegabytes)
})
