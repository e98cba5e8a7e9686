import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { OutputError, UsageError } from '../../dist/common/errors.js'
import { trackColor } from '../../dist/preview/drawing.js'
import { Preview } from '../../dist/preview/preview.js'
import { Slots } from '../../dist/runtime/slots.js'
import type { VideoInfo } from '../../dist/sources/probe.js'
import { type VideoOptions, videoFrames } from '../../dist/sources/video.js'
import { Folder } from '../../dist/storage/folder.js'
import type { Store } from '../../dist/storage/store.js'
import type { TrackedDetection, TrackedFrame, Xyxy } from '../../dist/types.js'
import { binaries, clipFolder, drawClip, ffmpegChildren, isRunning, probeClip } from '../support/clips.js'

const clip = clipFolder()
beforeAll(async () => {
  await drawClip(clip('small.mp4'), { size: '640x360' })
  await drawClip(clip('odd.mp4'), { size: '323x181', encode: ['-c:v', 'ffv1', '-f', 'matroska'] })
  await drawClip(clip('hd.mp4'), { size: '1920x1080', frames: 10 })
})

let parent: string
let store: Folder
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cropstream-'))
  store = await Folder.open(join(parent, 'run'))
})
afterEach(async () => {
  // No test may leave a process or a temporary file.
  await store.close()
  expect(await ffmpegChildren()).toEqual([])
  expect((await readdir(parent, { recursive: true })).filter(name => name.endsWith('.tmp'))).toEqual([])
  await rm(parent, { recursive: true })
})

const player = (trackId: number, xyxy: Xyxy): TrackedDetection => ({
  xyxy,
  trackId,
  confidence: 0.87,
  classId: 0,
})

async function open(name: string, options: VideoOptions, info?: VideoInfo, into: Store = store) {
  const real = await probeClip(clip(name))
  const video = videoFrames(real, options)
  const preview = await Preview.in(into, info ?? real, video)
  async function* frames(detections: readonly TrackedDetection[]): AsyncGenerator<TrackedFrame> {
    for await (const { value, lease } of video.read(new Slots(1, video.frameBytes), signal)) {
      yield { frame: value, detections, tracks: { opened: 0, closed: 0, cuts: 0 } }
      lease.release()
    }
  }
  return { preview, frames }
}
const { signal } = new AbortController()

/** Makes a preview of a whole clip, and decodes it. */
async function film(name: string, options: VideoOptions, detections: readonly TrackedDetection[] = []) {
  const { preview, frames } = await open(name, options)
  await using _ = preview
  for await (const frame of frames(detections)) {
    const before = Buffer.from(frame.frame.planes)
    await preview.frameTracked(frame)
    expect(before.equals(frame.frame.planes)).toBe(true)
  }
  const object = await preview.publish()
  const path = join(store.root, object.path)
  const show = 'stream=codec_name,pix_fmt,r_frame_rate,width,height,nb_read_frames:format=duration'
  const args = ['-v', 'error', '-count_frames', '-show_entries', show, '-of', 'json', path]
  const { streams, format } = JSON.parse((await promisify(execFile)(binaries.ffprobe, args)).stdout)
  const { stdout: rgb } = await promisify(execFile)(
    binaries.ffmpeg,
    ['-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
    { encoding: 'buffer', maxBuffer: 1 << 28 },
  )
  const { width, height } = streams[0]
  const pixel = (frame: number, x: number, y: number) => [
    ...rgb.subarray(((frame * height + y) * width + x) * 3).subarray(0, 3),
  ]
  return { object, stream: streams[0], duration: Number(format.duration), pixel }
}

/** Compares colors with the tolerance of the encoder. */
function expectColor(actual: number[], wanted: readonly number[]): void {
  const away = Math.max(...actual.map((value, i) => Math.abs(value - wanted[i]!)))
  expect(away, `${actual} is not near ${wanted}`).toBeLessThan(30)
}

test('every frame shows its boxes in the colors of their tracks, in real time, as H.264', async () => {
  // Otherwise boxes would be at wrong positions, or not be visible.
  const boxes = [player(1, [101, 103, 160, 250]), player(2, [300, 100, 360, 260])]
  const { stream, duration, pixel } = await film('small.mp4', { fps: 5 }, boxes)
  expect(stream).toMatchObject({
    codec_name: 'h264',
    pix_fmt: 'yuv420p',
    r_frame_rate: '5/1',
    nb_read_frames: '10',
  })
  expect(duration).toBeCloseTo(2, 3)
  for (const frame of [0, 9]) {
    expectColor(pixel(frame, 102, 200), trackColor(1))
    expectColor(pixel(frame, 159, 200), trackColor(1))
    expectColor(pixel(frame, 130, 104), trackColor(1))
    expectColor(pixel(frame, 130, 249), trackColor(1))
    expectColor(pixel(frame, 330, 101), trackColor(2))
    // Inside of a box is the frame itself: every fifth one of the video.
    const gray = Math.round((3 * 5 * frame * 255) / 219)
    expectColor(pixel(frame, 330, 200), [gray, gray, gray])
  }
})

test('a large video is scaled down with its boxes, and an odd one to even sides', async () => {
  // Otherwise the preview would be too slow, boxes would be shifted, or the encoder would fail.
  const hd = await film('hd.mp4', { every: 5 }, [player(3, [600, 300, 900, 900])])
  expect(hd.stream).toMatchObject({ width: 1280, height: 720, nb_read_frames: '2' })
  expectColor(hd.pixel(1, 400, 400), trackColor(3))
  expectColor(hd.pixel(1, 599, 400), trackColor(3))
  await store.close()
  store = await Folder.open(join(parent, 'other'))
  const odd = await film('odd.mp4', { every: 25 }, [player(3, [-20, -20, 40, 400])])
  expect(odd.stream).toMatchObject({ width: 324, height: 182, nb_read_frames: '2' })
})

test('frames far apart are shown as slides', async () => {
  // Otherwise each frame would be shown for minutes.
  const { stream, duration } = await film('small.mp4', { frames: 1 })
  expect(stream).toMatchObject({ nb_read_frames: '1' })
  expect(duration).toBeCloseTo(0.5, 3)
})

test('the same frames make the same bytes', async () => {
  // Otherwise the preview of a second run would differ.
  const first = await film('small.mp4', { fps: 5 }, [player(1, [10, 20, 100, 200])])
  await store.close()
  store = await Folder.open(join(parent, 'again'))
  const second = await film('small.mp4', { fps: 5 }, [player(1, [10, 20, 100, 200])])
  expect(second.object).toEqual(first.object)
})

/** An ffmpeg that fails with each encoder except one, which is x264 under that name. */
async function ffmpegWith(encoder: string): Promise<VideoInfo> {
  const program = join(parent, 'ffmpeg')
  const script = `#!/bin/sh
    case "$*" in *' ${encoder} '*) ;; *) echo "Unknown encoder" >&2; exit 1;; esac
    for arg; do shift; [ "$arg" = ${encoder} ] && arg=libx264; set -- "$@" "$arg"; done
    exec ${binaries.ffmpeg} "$@"`
  await writeFile(program, script, { mode: 0o755 })
  return { ...(await probeClip(clip('small.mp4'))), binaries: { ...binaries, ffmpeg: program } }
}

test('an ffmpeg without libx264 uses another H.264 encoder', async () => {
  // Otherwise --preview would fail with the ffmpeg of some Linux distributions.
  const { preview, frames } = await open('small.mp4', { fps: 5 }, await ffmpegWith('libopenh264'))
  await using _ = preview
  for await (const frame of frames([])) await preview.frameTracked(frame)
  expect((await preview.publish()).bytes).toBeGreaterThan(1000)
})

test('an ffmpeg without any H.264 encoder is refused before the run', async () => {
  // Otherwise the error would come after an hour, or never.
  const info = await ffmpegWith('none')
  const opened = open('small.mp4', { fps: 5 }, info)
  await expect(opened).rejects.toThrow(UsageError)
  await expect(opened).rejects.toThrow(/H\.264 encoder for --preview.*Unknown encoder.*FFMPEG_PATH/)
  expect(await readdir(store.root)).toEqual([])
})

test('an ffmpeg that crashes during the run is reported, and no file appears', async () => {
  // Otherwise the run would wait forever, or publish a partial video.
  const { preview, frames } = await open('small.mp4', { every: 1 })
  await using _ = preview
  const [pid] = await ffmpegChildren()
  const write = async () => {
    for await (const frame of frames([])) {
      await preview.frameTracked(frame)
      if (frame.frame.index === 10) process.kill(pid!, 'SIGKILL')
    }
    await preview.publish()
  }
  const written = write()
  await expect(written).rejects.toThrow(OutputError)
  await expect(written).rejects.toThrow(/preview\.mp4: ffmpeg/)
  await preview[Symbol.asyncDispose]()
  await store.close()
  expect(await readdir(parent)).toEqual([])
})

test('a write error stops ffmpeg and is reported', async () => {
  // Otherwise a full disk would look like a broken ffmpeg, or hang the run.
  const full: Store = {
    root: store.root,
    write: () => Promise.resolve(),
    close: () => Promise.resolve(),
    createStream: async () => ({
      append: () => Promise.reject(new OutputError('the disk is full')),
      publish: () => Promise.reject(new Error('published')),
    }),
  }
  const { preview, frames } = await open('small.mp4', { every: 1 }, undefined, full)
  await using _ = preview
  const write = async () => {
    for await (const frame of frames([])) await preview.frameTracked(frame)
    await preview.publish()
  }
  await expect(write()).rejects.toThrow('the disk is full')
})

test('an abandoned run leaves no ffmpeg and no file', async () => {
  // Otherwise each Ctrl-C would leave a process that waits for frames.
  const { preview, frames } = await open('hd.mp4', { every: 1 })
  const all = frames([])
  await preview.frameTracked((await all.next()).value)
  await all.return(undefined)
  expect(await ffmpegChildren()).toHaveLength(1)
  await preview[Symbol.asyncDispose]()
  expect(await ffmpegChildren()).toEqual([])
  await store.close()
  expect(await readdir(parent)).toEqual([])
})

test('when the process is killed, its ffmpeg ends too', async () => {
  // Otherwise ffmpeg would wait forever for a process that has ended.
  const module = (path: string) => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href)
  const script = `
    import { probe } from ${module('sources/probe.js')}
    import { findBinaries } from ${module('sources/ffmpeg-binaries.js')}
    import { videoFrames } from ${module('sources/video.js')}
    import { Folder } from ${module('storage/folder.js')}
    import { Preview } from ${module('preview/preview.js')}
    const info = await probe(${JSON.stringify(clip('small.mp4'))}, findBinaries())
    const store = await Folder.open(${JSON.stringify(join(parent, 'killed'))})
    await Preview.in(store, info, videoFrames(info, { every: 1 }))
    console.log('open')
    setInterval(() => {}, 1000)`
  const program = spawn(process.execPath, ['--input-type=module', '-e', script])
  await once(program.stdout, 'data')
  const [pid] = await ffmpegChildren(program.pid)
  expect(pid).toBeDefined()
  program.kill('SIGKILL')
  await expect.poll(() => isRunning(pid!), { timeout: 5000 }).toBe(false)
  await rm(join(parent, 'killed'), { recursive: true })
})
