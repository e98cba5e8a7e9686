import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { Slots } from '../../dist/runtime/slots.js'
import type { SourceItem } from '../../dist/runtime/source.js'
import { openDecoder } from '../../dist/sources/decoder.js'
import { type VideoOptions, videoFrames } from '../../dist/sources/video.js'
import type { Frame } from '../../dist/types.js'
import { planesBytes } from '../../dist/vision/imaging/planes.js'
import { clipFolder, drawClip, ffmpegChildren, isRunning, probeClip, readAll, see } from '../support/clips.js'

const clip = clipFolder()

// Frames of 700 kB: at most two of them fit into the buffers between the processes.
beforeAll(() => drawClip(clip('clip.mp4'), { size: '640x360', frames: 40 }))

async function open(options: VideoOptions = { every: 1 }, limit = 2) {
  const source = videoFrames(await probeClip(clip('clip.mp4')), options)
  const slots = new Slots(limit, source.frameBytes)
  const abort = new AbortController()
  const frames = source.read(slots, abort.signal)[Symbol.asyncIterator]()
  return { source, slots, abort, frames }
}

async function next(frames: AsyncIterator<SourceItem<Frame, Frame>>): Promise<SourceItem<Frame, Frame>> {
  const { value, done } = await frames.next()
  if (done) throw new Error('the video ended')
  return value
}

// Otherwise the memory would grow with a slow consumer, or there would be a deadlock.
test('a consumer that keeps its slots applies backpressure to ffmpeg', async () => {
  const { slots, frames, source } = await open()
  const held = [await next(frames), await next(frames)]
  const third = next(frames)
  expect(await ffmpegChildren()).toHaveLength(1)
  expect(source.report.framesRead).toBe(2)
  expect(slots.live).toBe(2)
  const seen = held.map(see)
  seen.push(see(await third))
  for (;;) {
    const { value, done } = await frames.next()
    if (done) break
    seen.push(see(value))
  }
  expect(seen.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, i) => i))
  expect(slots.highWater).toBe(2)
  expect(slots.live).toBe(0)
})

// Otherwise the end would wait for a slot that is released only after the end.
test('the end needs no free slot', async () => {
  const { frames } = await open({ frames: 2 })
  await next(frames)
  await next(frames)
  expect((await frames.next()).done).toBe(true)
})

// Otherwise a loaded machine would lose the frames of an ffmpeg that ends before its turn to be read.
test('frames of an ffmpeg that has exited are still there', async () => {
  const [width, height] = [64, 36]
  const info = await probeClip(clip('clip.mp4'))
  const decoder = await openDecoder(info, { select: '1', width, height, limit: 2 })
  while ((await ffmpegChildren()).length > 0) await nextTurn()
  await nextTurn()
  const planes = new Uint8Array(planesBytes({ width, height, encoding: info.encoding }))
  const ids = [await decoder.read(planes), await decoder.read(planes), await decoder.read(planes)]
  expect(ids).toEqual([0, 512, undefined])
  expect(await decoder.finish()).toMatchObject({ code: 0 })
})

// Otherwise a process or a slot would leak after an interrupted run.
test.each([
  ['while waiting for a slot', false],
  ['while seeking', true],
])('abort %s', async (_, seek) => {
  const { slots, frames, abort } = await open({ every: 1, seek }, 1)
  const { lease } = await next(frames)
  const waiting = next(frames)
  abort.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  expect(await ffmpegChildren()).toEqual([])
  lease.release()
  expect(slots.live).toBe(0)
})

// Otherwise ffmpeg would be started after an abort.
test('abort before the start', async () => {
  const { source } = await open()
  await expect(readAll(source, AbortSignal.abort(new Error('never')))).rejects.toThrow('never')
  expect(await ffmpegChildren()).toEqual([])
})

// Otherwise ffmpeg would keep running after the consumer has stopped.
test('leaving the loop ends ffmpeg', async () => {
  const { frames } = await open()
  await next(frames)
  await frames.return?.()
  expect(await ffmpegChildren()).toEqual([])
})

// Otherwise ffmpeg would wait forever on the pipe of a killed process.
test('when the process is killed, ffmpeg ends too', async () => {
  const script = `
    import { videoFrames } from '${new URL('../../dist/sources/video.js', import.meta.url)}'
    import { probe } from '${new URL('../../dist/sources/probe.js', import.meta.url)}'
    import { findBinaries } from '${new URL('../../dist/sources/ffmpeg-binaries.js', import.meta.url)}'
    import { Slots } from '${new URL('../../dist/runtime/slots.js', import.meta.url)}'
    const source = videoFrames(await probe(${JSON.stringify(clip('clip.mp4'))}, findBinaries()), { every: 1 })
    const frames = source.read(new Slots(1, source.frameBytes), new AbortController().signal)[Symbol.asyncIterator]()
    await frames.next()
    console.log('blocked')
    await frames.next()`
  const program: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script])
  await once(program.stdout!, 'data')
  const [pid] = await ffmpegChildren(program.pid)
  expect(pid).toBeDefined()
  program.kill('SIGKILL')
  await expect.poll(() => isRunning(pid!), { timeout: 5000 }).toBe(false)
})

// Otherwise decoding would be missing in the CPU time of the summary.
test('CPU time of ffmpeg is reported', async () => {
  const { source } = await open()
  await readAll(source)
  expect(source.report.cpuSeconds).toBeGreaterThan(0)
  expect(source.report).toMatchObject({ framesRead: 40, framesExpected: 40, damage: undefined })
})
