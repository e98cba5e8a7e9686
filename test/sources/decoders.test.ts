import { chmod, readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { Slots } from '../../dist/runtime/slots.js'
import { type VideoOptions, videoFrames } from '../../dist/sources/video.js'
import {
  binaries,
  clipFolder,
  drawClip,
  drawInterlaced,
  ffmpeg,
  ffmpegChildren,
  probeClip,
  range,
  readClip,
  see,
} from '../support/clips.js'

const clip = clipFolder()

const x264 = (options: string) => ['-c:v', 'libx264', '-x264opts', options, '-pix_fmt', 'yuv420p']
const bFrames = 'b-pyramid=normal:keyint=12:bframes=4'

/** An ffmpeg that writes down each of its starts. */
const counting = { ...binaries, ffmpeg: clip('counting-ffmpeg') }
const starts = async () => (await readFile(clip('starts'), 'utf8')).length

beforeAll(async () => {
  await writeFile(counting.ffmpeg, `#!/bin/sh\necho >> ${clip('starts')}\nexec ${binaries.ffmpeg} "$@"\n`)
  await chmod(counting.ffmpeg, 0o755)
  await drawClip(clip('closed.mp4'), { frames: 70, encode: x264(bFrames) })
  // Frames of which at most two fit into the buffers between the processes.
  await drawClip(clip('large.mp4'), { size: '640x360', frames: 60, encode: x264('keyint=15') })
  await drawClip(clip('open.mp4'), { frames: 70, encode: x264(`${bFrames}:open-gop=1`) })
  await drawClip(clip('intra.mp4'), { encode: x264('keyint=1') })
  await drawClip(clip('refresh.mp4'), { encode: x264('intra-refresh=1:keyint=12:bframes=0') })
  await drawClip(clip('single.mp4'), { encode: x264('keyint=1000:scenecut=0') })
  await drawInterlaced(clip('interlaced.mp4'))
  const before = "select='lt(n,80)*not(mod(n,4))+gte(n,80)*not(mod(n,11))'"
  await drawClip(clip('vfr.mkv'), { fps: 100, before, frames: 60, encode: x264(`${bFrames}:open-gop=1`) })
  const hevc = ['-c:v', 'libx265', '-pix_fmt', 'yuv420p']
  const params = ['-x265-params', 'log-level=error:bframes=4:open-gop=1:keyint=10']
  await drawClip(clip('hevc.mp4'), { encode: [...hevc, ...params] })
  await drawClip(clip('fixed.mp4'), { encode: x264('keyint=10:scenecut=0') })
  await ffmpeg('-i', clip('fixed.mp4'), '-c', 'copy', clip('fixed.ts'))
  // The index calls frames keyframes at which no decoder can start.
  await damage('closed.mp4', 'wrong-index.mp4', bytes => {
    const box = bytes.indexOf('stss', 0, 'latin1')
    for (let i = 1; i < bytes.readUInt32BE(box + 8); i++) {
      const entry = box + 12 + i * 4
      bytes.writeUInt32BE(bytes.readUInt32BE(entry) + 3, entry)
    }
    return bytes
  })
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=4']
  await ffmpeg(...picture, '-c:v', 'libx264', '-g', '12', '-movflags', '+faststart', clip('detailed.mp4'))
  await damage('detailed.mp4', 'hole.mp4', bytes =>
    bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 8000),
  )
  await damage('detailed.mp4', 'cut.mp4', bytes => bytes.subarray(0, Math.round(bytes.length * 0.6)))
  await joined('size.mkv', { size: '96x54' })
  await joined('format.mkv', { encode: ['-c:v', 'libx264', '-g', '10', '-pix_fmt', 'yuv444p'] })
})

async function damage(from: string, name: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(clip(name), change(await readFile(clip(from))))
}

/** Two clips in one stream, which changes its pictures at a keyframe. */
async function joined(name: string, second: Parameters<typeof drawClip>[1]): Promise<void> {
  const parts = [clip(`1-${name}`), clip(`2-${name}`)] as const
  const encode = ['-c:v', 'libx264', '-g', '10', '-pix_fmt', 'yuv420p']
  await drawClip(parts[0], { frames: 20, encode })
  await drawClip(parts[1], { frames: 20, encode, ...second })
  await writeFile(clip(`${name}.txt`), parts.map(path => `file '${path}'\n`).join(''))
  await ffmpeg('-f', 'concat', '-safe', '0', '-i', clip(`${name}.txt`), '-c', 'copy', clip(name))
}

async function read(name: string, options: VideoOptions) {
  await writeFile(clip('starts'), '')
  const { frames, warnings, report } = await readClip(
    clip(name),
    { stretchFrames: 8, seek: false, ...options },
    counting,
  )
  const { framesRead, damage } = report
  return { seen: { frames, warnings, framesRead, damage }, starts: await starts() }
}

/** Clips and into how many stretches they are divided; one more start is that of the decoder of the whole video. */
const clips: readonly (readonly [name: string, starts: number])[] = [
  ['closed.mp4', 6],
  ['open.mp4', 6],
  ['hevc.mp4', 5],
  ['intra.mp4', 6],
  ['interlaced.mp4', 2],
  ['vfr.mkv', 5],
  ['fixed.mp4', 5],
  // No keyframe to start at, no exact times.
  ['single.mp4', 1],
  ['fixed.ts', 1],
]

describe('several decoders', () => {
  // Otherwise the dataset would depend on the machine; or one decoder would always do the work.
  test.each(clips)('%s has the frames that one decoder gives, to the byte', async (name, expected) => {
    for (const sampling of [{ fps: 7 }, { every: 1 }, { every: 3 }]) {
      const one = await read(name, sampling)
      for (const decoders of [2, 4]) {
        const several = await read(name, { ...sampling, decoders })
        const what = `${JSON.stringify(sampling)} by ${decoders}`
        expect(several.seen, what).toEqual(one.seen)
        expect(several.starts, what).toBe(expected)
      }
    }
  })

  // Otherwise pictures that lack what they refer to, or a change that no stretch sees, would be in the dataset.
  test.each(['wrong-index.mp4', 'refresh.mp4', 'size.mkv', 'format.mkv'])(
    '%s, whose keyframes deceive, is left to one decoder',
    async name => {
      const one = await read(name, { every: 1 })
      for (const decoders of [2, 4]) {
        const several = await read(name, { every: 1, decoders })
        expect(several.seen).toEqual(one.seen)
      }
    },
  )

  // Otherwise damage would be hidden, found in another place, or a frame be lost or given twice.
  test.each(['hole.mp4', 'cut.mp4'])('%s is read as by one decoder', async name => {
    const one = await read(name, { every: 1, lenient: true })
    const failure: unknown = await read(name, { every: 1 }).catch(String)
    expect(failure).toContain('Cannot read all of')
    for (const decoders of [2, 4]) {
      const several = await read(name, { every: 1, lenient: true, decoders })
      expect(several.seen.frames).toEqual(one.seen.frames)
      expect(placeless(several.seen.damage)).toBe(placeless(one.seen.damage))
      const strict: unknown = await read(name, { every: 1, decoders }).catch(String)
      expect(placeless(strict)).toBe(placeless(failure))
    }
  })

  // Otherwise a run that goes on after a crash would make another dataset.
  test('a resumed read has the rest of the frames', async () => {
    const one = await read('open.mp4', { fps: 7 })
    const { frames } = one.seen
    const from = frames[5]!.index
    const rest = await read('open.mp4', { fps: 7, decoders: 3, resume: { from, framesRead: 5 } })
    expect(rest.seen).toEqual({ ...one.seen, frames: frames.slice(5) })
    expect(rest.starts).toBe(5)
  })
})

/** A message without what ffmpeg's threads race for: which error they report first, and after which frame. */
const placeless = (message: unknown) => String(message).replace(/it is damaged at .*/, 'it is damaged')

async function open(name: string, limit: number, decoders: number) {
  const source = videoFrames(await probeClip(clip(name)), { every: 1, stretchFrames: 8, decoders })
  const slots = new Slots(limit, source.frameBytes)
  const abort = new AbortController()
  return { slots, abort, frames: source.read(slots, abort.signal)[Symbol.asyncIterator]() }
}

describe('slots of several decoders', () => {
  // Otherwise frames that wait for their turn would hold the slots that the frames before them need.
  test.each([1, 2, 3, 5])('%i slots are enough for 4 decoders', async limit => {
    const { frames, slots } = await open('closed.mp4', limit, 4)
    const seen = []
    for (let next = await frames.next(); !next.done; next = await frames.next()) seen.push(see(next.value))
    expect(seen.map(({ index }) => index)).toEqual(range(0, 70))
    expect(slots.live).toBe(0)
  })

  // Otherwise processes or slots would leak after an interrupted run.
  test.each(['abort', 'return'] as const)('%s ends all of them', async how => {
    const { frames, slots, abort } = await open('large.mp4', 8, 3)
    const first = await frames.next()
    if (first.done) throw new Error('there is no frame')
    await expect.poll(() => ffmpegChildren()).toHaveLength(3)
    if (how === 'return') {
      await frames.return?.()
    } else {
      abort.abort(new Error('enough'))
      const rest = async () => {
        for (let next = await frames.next(); !next.done; next = await frames.next()) see(next.value)
      }
      await expect(rest()).rejects.toThrow('enough')
    }
    expect(await ffmpegChildren()).toEqual([])
    see(first.value)
    expect(slots.live).toBe(0)
  })
})
