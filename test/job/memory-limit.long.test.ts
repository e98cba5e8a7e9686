import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { drawSample } from '../../bench/sample/sample.js'
import { exitCode, MemoryError, UsageError } from '../../dist/common/errors.js'
import { configure, type Options } from '../../dist/graph.js'
import { capacityFor, waitingBytesFor } from '../../dist/job/memory-budget.js'
import { MemoryGuard } from '../../dist/job/memory-guard.js'
import type { VideoInfo } from '../../dist/sources/probe.js'
import { loadModel } from '../../dist/vision/detectors/model.js'
import { clipFolder, drawClip, ffmpeg, probeClip } from '../support/clips.js'
import { runStepped } from '../support/stepped-program.js'

const folder = clipFolder()
const graph = fileURLToPath(new URL('../../dist/graph.js', import.meta.url))
const clip = () => drawClip(folder('clip.mp4'), { size: '320x180', frames: 50 })

/** The info of the clip with another frame size. */
const sized = async (width: number, height: number): Promise<VideoInfo> => ({
  ...(await probeClip(await clip())),
  width,
  height,
})
const model = await loadModel()
const fitted = (info: VideoInfo, options: Options, given = model) =>
  capacityFor(configure(options), info, given)

test('without a limit there are as many workers as cores, and slots for them', async () => {
  // Otherwise a limit that was not set would slow every run.
  const cores = availableParallelism()
  expect(fitted(await sized(1920, 1080), {})).toMatchObject({ workers: cores, slots: 2 * cores + 2 })
})

test('less memory means fewer slots, then fewer workers; more never means fewer', async () => {
  // Otherwise a run would have workers without frames, or not use the available memory.
  const info = await sized(3840, 2160)
  const limits = [...Array.from({ length: 40 }, (_, i) => 800 + 100 * i), 1e6]
  const capacities = limits.map(maxMemory => fitted(info, { maxMemory }))
  const sorted = capacities.toSorted((a, b) => a.workers - b.workers || a.slots - b.slots)
  expect(capacities).toEqual(sorted)
  expect(capacities[0]).toMatchObject({ workers: 1, slots: expect.any(Number) })
  expect(capacities.at(-1)).toEqual(fitted(info, {}))
  for (const { workers, slots } of capacities) expect(slots).toBeGreaterThan(workers)
})

test('configured numbers are kept, and the others are fitted', async () => {
  // Otherwise --max-memory would silently override --workers or --slots.
  const info = await sized(1920, 1080)
  expect(fitted(info, { maxMemory: 1500, workers: 4 })).toMatchObject({ workers: 4 })
  expect(fitted(info, { maxMemory: 600, slots: 3 })).toMatchObject({ workers: 1, slots: 3 })
})

test('many workers get several decoders, if the slots for them fit', async () => {
  // Otherwise one ffmpeg would bound a large machine, or decoders take the slots that the workers need.
  const info = await sized(1920, 1080)
  expect(fitted(info, { workers: 8 })).toEqual({ workers: 8, slots: 18, decoders: 1 })
  expect(fitted(info, { workers: 16 })).toEqual({ workers: 16, slots: 34 + 16, decoders: 2 })
  expect(fitted(info, { workers: 16, slots: 34 })).toEqual({ workers: 16, slots: 34, decoders: 1 })
  expect(fitted(info, { workers: 2, decoders: 3 })).toEqual({ workers: 2, slots: 6 + 32, decoders: 3 })
})

test('a limit below the minimum is refused, and the minimum in the message is enough', async () => {
  // Otherwise a user would have to guess, or the run would be stopped an hour later.
  const info = await sized(7680, 4320)
  const least = Number(
    messageOf(() => fitted(info, { maxMemory: 500 })).match(
      /^Expected at least (\d+) for --max-memory but received 500: of 7680x4320, 1 worker takes \d+ MB, 2 slots \d+ MB/,
    )?.[1],
  )
  expect(fitted(info, { maxMemory: least })).toMatchObject({ workers: 1, slots: 2 })
  expect(() => fitted(info, { maxMemory: least - 1 })).toThrow(UsageError)
  // The shard size affects the dataset: only the user may change it.
  const shards: Options = { maxMemory: least, layout: 'shards', workers: 4 }
  expect(messageOf(() => fitted(info, shards))).toMatch(
    /4 workers take .*; fewer --workers, a smaller --input-size, smaller shards \(--shard-megabytes\) would take less$/,
  )
})

test('each worker has its copies of the model', async () => {
  // Otherwise a run with a large model would be stopped for its memory, or by the system.
  const info = await sized(1920, 1080)
  const large = { ...model, onnx: new Uint8Array(new SharedArrayBuffer(300e6)) }
  const limit = { maxMemory: 4000, workers: 2 }
  expect(fitted(info, limit, large).slots).toBeLessThanOrEqual(fitted(info, limit).slots)
  expect(() => fitted(info, { maxMemory: 2000, workers: 2 }, large)).toThrow(/2 workers take 2\d{3} MB/)
})

test('the memory for waiting writes is bounded as well', () => {
  // Otherwise a slow bucket would take 64 MB from a run that has 200.
  expect(waitingBytesFor({ maxMemory: undefined })).toBe(64 << 20)
  expect(waitingBytesFor({ maxMemory: 160 })).toBe(10e6)
  expect(waitingBytesFor({ maxMemory: 100_000 })).toBe(64 << 20)
})

test('the memory guard stops a run above its limit, and only such a run', async () => {
  // Otherwise every run would be stopped, or none.
  using unused = new MemoryGuard(1e6)
  using guard = new MemoryGuard(1)
  await new Promise(resolve => guard.signal.addEventListener('abort', resolve))
  expect(guard.signal.reason).toBeInstanceOf(MemoryError)
  expect(unused.signal.aborted).toBe(false)
})

test('a run above its memory limit stops reading and reports its memory', async () => {
  // Otherwise the system would kill it in the middle of a write, without a message.
  await ffmpeg('-stream_loop', '199', '-i', await clip(), '-c', 'copy', folder('long.mp4'))
  const step = { name: 'greedy', module: './greedy.mjs', options: { on: 10, megabytes: 600 } }
  const args = ['--out', folder('greedy'), '--every', '1', '--input-size', '320', '--max-memory', '600']
  const { code, lines } = await runStepped(step, folder('long.mp4'), ...args, '--workers', '1')
  expect(code).toBe(exitCode.memory)
  expect(lines.at(-1)).toMatchObject({
    exit_code: exitCode.memory,
    error: 'MemoryError',
    msg: expect.stringMatching(
      /^Out of memory: \d+ MB are taken, \d+ of them by ffmpeg, and --max-memory is 600; raise it, or lower --workers, --slots or --input-size\. Stopped after \d+ of 10000 frames: .* has no manifest; continue with --resume$/,
    ),
  })
  const files = await readdir(folder('greedy'), { recursive: true })
  expect(files.filter(path => /manifest|\.tmp$/.test(path))).toEqual([])
})

/** Half a second of the sample match. */
const match = async () =>
  (await drawSample({ seconds: 0.5, width: 640, height: 360, out: folder('match') })).video

test.each([
  [
    'a long video, sparsely sampled',
    450,
    async () => {
      const path = folder('long-match.mp4')
      await ffmpeg('-stream_loop', '2999', '-i', await match(), '-c', 'copy', path)
      return path
    },
  ],
  [
    '8K',
    1900,
    async () => {
      const path = folder('8k.mp4')
      const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']
      await ffmpeg('-i', await match(), '-frames:v', '3', '-vf', 'scale=7680:4320', ...h264, path)
      return path
    },
  ],
])('a run stays below its limit: %s', { timeout: 60_000 }, async (_, maxMemory, make) => {
  // Otherwise the memory model would hold only for clips of ordinary size and length.
  const sampling = ['--frames', '3', '--input-size', '640', '--max-memory', String(maxMemory)]
  const args = [graph, await make(), '--out', folder('out'), ...sampling, '--log-format', 'json']
  const { stderr } = await promisify(execFile)(process.execPath, args)
  const done: { peak_bytes: number; ffmpeg_peak_bytes: number } = JSON.parse(
    stderr.trim().split('\n').at(-1) ?? '',
  )
  expect(done).toMatchObject({ frames: 3, peak_bytes: expect.any(Number) })
  expect(done.peak_bytes + done.ffmpeg_peak_bytes).toBeLessThanOrEqual(maxMemory * 1e6)
})

function messageOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('nothing was thrown')
}
