import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { InputError } from '../dist/common/errors.js'
import { probe } from '../dist/sources/probe.js'
import { type VideoOptions, videoFrames } from '../dist/sources/video.js'
import {
  binaries,
  clipFolder,
  drawClip,
  ffmpeg,
  ffmpegChildren,
  probeClip,
  readAll,
} from './support/clips.js'
import { type BaseClip, drawBaseClips } from './support/hostile/base-clips.js'
import { type Claims, craftMp4, pictureAt } from './support/hostile/crafted-mp4.js'
import { fuzz } from './support/hostile/fuzz.js'
import { mutantOf } from './support/hostile/mutations.js'
import { pointers } from './support/hostile/pointers.js'
import { cropstream } from './support/hostile/program.js'
import { WatchedReader } from './support/hostile/watched-reader.js'
import { smallVideo } from './support/matches.js'

const clip = clipFolder()
const reader = new WatchedReader()
let clips: BaseClip[]
let picture: Buffer

beforeAll(async () => {
  await mkdir(clip('bases'))
  clips = await drawBaseClips(clip('bases'))
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=64x64', '-frames:v', '1', clip('picture.jpg'))
  picture = await readFile(clip('picture.jpg'))
})
afterAll(() => reader[Symbol.dispose]())

/** Reads a whole video in the watched process; fails on a violation, whatever the outcome is. */
async function read(path: string, options: VideoOptions = { every: 1 }) {
  const verdict = await reader.read({ path, options })
  expect(verdict.violation).toBeUndefined()
  return verdict
}

async function craft(name: string, claims: Claims): Promise<string> {
  await writeFile(clip(name), craftMp4(picture, claims))
  return clip(name)
}

/** A stand-in for ffmpeg or ffprobe. */
async function program(name: string, script: string): Promise<string> {
  await writeFile(clip(name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return clip(name)
}

describe('broken videos', () => {
  // Otherwise a damaged file could cause a crash, a hang, a stack trace, a running ffmpeg or an out-of-memory error.
  test('60 mutants are read or refused', async () => {
    const trials = await fuzz({ clips, seed: 6, from: 0, count: 60, folder: clip('bases') })
    expect(trials.filter(({ violation }) => violation !== undefined)).toEqual([])
    // The mutations are neither all harmless nor all fatal.
    expect(trials.filter(({ outcome }) => outcome === 'read').length).toBeGreaterThan(10)
    expect(trials.filter(({ outcome }) => outcome === 'InputError').length).toBeGreaterThan(10)
  })

  // Otherwise the same could happen in the graph, its workers or its sinks.
  test('the whole program ends with a dataset or a one-line error', async () => {
    const small = ['-t', '1', '-preset', 'ultrafast', '-g', '12']
    const played: BaseClip[] = []
    for (const type of ['mp4', 'mkv', 'ts']) {
      await ffmpeg('-i', await smallVideo(), ...small, '-movflags', '+faststart', clip(`match.${type}`))
      played.push({ name: `match.${type}`, bytes: await readFile(clip(`match.${type}`)) })
    }
    const run = async (number: number) => {
      const mutant = mutantOf(played, 6, number)
      const path = clip(`whole-${number}${mutant.extension}`)
      await writeFile(path, mutant.bytes)
      return {
        name: `${number} ${mutant.name}`,
        ...(await cropstream(path, clip(`out-${number}`), number % 2 === 0)),
      }
    }
    const ended = []
    for (let number = 0; number < 12; number += 2) {
      ended.push(...(await Promise.all([run(number), run(number + 1)])))
    }
    const bad = ended.filter(({ code, lines, manifests, left, bytes }) => {
      const clear = code === 0 ? manifests === 1 : code === 3 && lines === 1 && manifests === 0
      return !clear || left > 0 || bytes > 1.5 * 2 ** 30
    })
    expect(bad).toEqual([])
    expect(ended.filter(({ code }) => code === 0).length).toBeGreaterThan(1)
  })
})

describe('files that point elsewhere', () => {
  let server: Server
  let calls = 0
  let url: string

  beforeAll(async () => {
    await drawClip(clip('secret.mp4'), { frames: 5 })
    server = createServer(socket => {
      calls++
      socket.destroy()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    if (typeof address === 'object') url = `127.0.0.1:${address?.port}`
  })
  afterAll(() => void server.close())

  // Otherwise an untrusted file could make the program read other files or access the network.
  test.each(Object.entries(pointers))('%s is refused, and nothing else is opened', async (name, content) => {
    await writeFile(clip(name), content(clip('secret.mp4'), url))
    const { outcome } = await read(clip(name), { every: 1, lenient: true })
    expect(outcome).toBe('InputError')
    expect(calls).toBe(0)
  })

  // Otherwise an MP4 could show the pictures of another file.
  test('an MP4 with its pictures in another file is refused', async () => {
    await craft('whole.mov', {})
    expect((await read(clip('whole.mov'))).framesRead).toBe(10)
    const bytes = craftMp4(picture, { elsewhere: clip('whole.mov') })
    await writeFile(clip('elsewhere.mov'), bytes.fill(0, pictureAt, pictureAt + picture.length))
    expect(await read(clip('elsewhere.mov'))).toMatchObject({ outcome: 'InputError', framesRead: 0 })
  })

  // Otherwise a valid video could not be read because of its name, or another one would be read.
  test.each([
    'frame-%03d.mp4',
    'concat:a|b.mp4',
    'http:example.mp4',
    '-i.mp4',
    "'$(exit 7)`;&.mp4",
    'pipe:0.mp4',
  ])('a video may be called %s', async name => {
    await copyFile(clip('secret.mp4'), clip(name))
    expect(await read(clip(name))).toMatchObject({ outcome: 'read', framesRead: 5 })
  })
})

describe('what a header claims', () => {
  // Otherwise a header could make the program allocate gigabytes before the first frame.
  test.each<[string, Claims, RegExp]>([
    ['a billion frames', { frames: 1_000_000_000 }, /its video stream has no frames/],
    ['millions of missing frames', { frames: 9_000_000 }, /its end is missing, \d of 9000000 frames/],
    [
      'a hundred tracks with as many frames',
      { frames: 9_000_000, tracks: 100 },
      /took over 2 GiB of memory; convert it/,
    ],
    [
      'a row of 65535 pixels',
      { width: 65_535, height: 1 },
      /no frame can be decoded \(.+\); check that it plays/,
    ],
  ])('%s', async (name, claims, message) => {
    const verdict = await read(await craft(`${name}.mp4`, claims))
    expect(verdict.outcome).toBe('InputError')
    expect(verdict.message).toMatch(message)
  })

  // Otherwise the same could happen when the picture itself has this size.
  test('frames of 30000x30000 pixels', async () => {
    const large = Buffer.from(picture)
    const frameHeader = large.indexOf(Buffer.of(0xff, 0xc0))
    large.writeUInt16BE(30_000, frameHeader + 5)
    large.writeUInt16BE(30_000, frameHeader + 7)
    await writeFile(clip('large.mp4'), craftMp4(large, { width: 30_000, height: 30_000 }))
    expect((await read(clip('large.mp4'))).message).toContain(
      'its frames (30000x30000) exceed 67108864 pixels',
    )
  })

  // Otherwise the list of frames would grow as long as ffprobe finds more.
  test('endless frames', async () => {
    const endless = await program('endless.sh', "exec yes 'packet|pts=0|dts=0|flags=K_'")
    const probing = probe(clip('picture.jpg'), { ...binaries, ffprobe: endless })
    await expect(probing).rejects.toThrow('it has over 10000000 frames; cut it in parts')
  })

  // Otherwise there could be divisions by zero, overflowing times, or a wait of years.
  test.each<[string, Claims, number]>([
    ['no time between frames', { ticks: 0 }, 10],
    ['four years between two frames', { ticks: 2 ** 31 - 1 }, 10],
    ['a start before time zero', { start: -5 }, 10],
  ])('%s', async (name, claims, frames) => {
    const path = await craft(`${name}.mp4`, claims)
    for (const options of [{ every: 1 }, { fps: 1000 }, { frames: 20, seek: true }]) {
      expect(await read(path, options)).toMatchObject({ message: '', framesRead: frames })
    }
  })

  // Otherwise a rate of 0 would make every time NaN.
  test('a rate of 0 frames per second', async () => {
    const bytes = Buffer.from(clips.find(({ name }) => name === 'mjpeg.avi')!.bytes)
    bytes.fill(0, bytes.indexOf('avih') + 8, bytes.indexOf('avih') + 12)
    bytes.fill(0, bytes.indexOf('strh') + 28, bytes.indexOf('strh') + 36)
    await writeFile(clip('no-rate.avi'), bytes)
    expect(await read(clip('no-rate.avi'))).toMatchObject({ message: '', framesRead: 30 })
  })
})

describe('times and streams', () => {
  // Otherwise frames before time zero would be lost, or seeks would be off by as much.
  test('negative times', async () => {
    const shift = ['-output_ts_offset', '-0.5', '-avoid_negative_ts', 'disabled']
    await ffmpeg('-i', clip('bases/h264.mp4'), '-c', 'copy', ...shift, clip('negative.mp4'))
    const bytes = await readFile(clip('bases/mjpeg.mkv'))
    // The block of the first frame: track 1, time 0 within its cluster, a keyframe.
    bytes.writeInt16BE(-1000, bytes.indexOf(Buffer.of(0x81, 0, 0, 0x80)) + 1)
    await writeFile(clip('negative.mkv'), bytes)
    for (const name of ['negative.mp4', 'negative.mkv']) {
      const { frameCount } = await probeClip(clip(name))
      for (const options of [{ every: 1 }, { every: 1, seek: true }]) {
        expect(await read(clip(name), options)).toMatchObject({ message: '', framesRead: frameCount })
      }
    }
  })

  // Otherwise the second half of a recording would be dropped because its clock was reset in the middle.
  test('times that go back', async () => {
    const { bytes } = clips.find(({ name }) => name === 'mpeg2.ts')!
    await writeFile(clip('twice.ts'), Buffer.concat([bytes, bytes]))
    expect(await read(clip('twice.ts'))).toMatchObject({ message: '', framesRead: 60 })
  })

  // Otherwise the frames of one camera would get the times of the other.
  test('of two video streams the first is read', async () => {
    await drawClip(clip('other.mp4'), { size: '64x64', frames: 7, fps: 10 })
    const map = ['-map', '0', '-map', '1', '-c', 'copy']
    await ffmpeg('-i', clip('bases/h264.mp4'), '-i', clip('other.mp4'), ...map, clip('two.mkv'))
    expect(await probeClip(clip('two.mkv'))).toMatchObject({ width: 320, frameCount: 30 })
    expect((await read(clip('two.mkv'))).framesRead).toBe(30)
  })

  // Otherwise the detector or the padding could fail on very small frames.
  test('frames of 2x2 pixels', async () => {
    await drawClip(clip('tiny.mp4'), { size: '2x2', frames: 5 })
    expect((await read(clip('tiny.mp4'))).framesRead).toBe(5)
    expect(await cropstream(clip('tiny.mp4'), clip('out-tiny'), false)).toMatchObject({ code: 3, lines: 1 })
  })
})

describe('other than regular files', () => {
  // Otherwise a run would wait forever for data.
  test('a named pipe', async () => {
    await promisify(execFile)('mkfifo', [clip('pipe.mp4')])
    expect((await read(clip('pipe.mp4'))).message).toContain('it is not a regular file')
  })

  // Otherwise the error for a valid file without read permission would be "Invalid data".
  test('a file without read permission', async () => {
    await drawClip(clip('locked.mp4'), { frames: 1 })
    await chmod(clip('locked.mp4'), 0)
    const graph = fileURLToPath(new URL('../dist/graph.js', import.meta.url))
    const command = [process.execPath, graph, clip('locked.mp4'), '--out', clip('out')]
    // Root may read every file until it drops these capabilities.
    if (process.getuid?.() === 0)
      command.unshift('setpriv', '--bounding-set=-dac_override,-dac_read_search', '--')
    const ended = promisify(execFile)(command[0]!, command.slice(1))
    await expect(ended).rejects.toMatchObject({
      code: 3,
      stderr: expect.stringContaining('it may not be read'),
    })
  })

  // Otherwise frames unknown to the probe, or no frames at all, would count as a success.
  test('a file that grows or vanishes after it was probed', async () => {
    const grown = clip('grown.ts')
    await copyFile(clip('bases/mpeg2.ts'), grown)
    const growing = videoFrames(await probeClip(grown), { every: 1 })
    await appendFile(grown, await readFile(clip('bases/mpeg2.ts')))
    expect(await readAll(growing)).toHaveLength(30)

    const vanishing = videoFrames(await probeClip(grown), { every: 1, lenient: true })
    await rm(grown)
    await expect(readAll(vanishing)).rejects.toThrow(InputError)
  })
})

describe('a program that makes no progress', () => {
  /** Advances the fake clock until the promise is settled. */
  async function hours<T>(work: Promise<T>): Promise<T> {
    let settled = false
    const done = () => {
      settled = true
    }
    work.then(done, done)
    while (!settled) {
      vi.advanceTimersByTime(10_000)
      await turn()
    }
    return work
  }

  // Otherwise a job would hang forever with a decoder in an endless loop.
  test('is killed, with a clear error', async () => {
    // It reports no new options, and then hangs.
    const silent = await program('silent.sh', 'case "$*" in *"-h long"*) exit 0;; esac\nexec sleep 1000')
    const info = await probeClip(clip('bases/h264.mp4'))
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const probing = probe(clip('bases/h264.mp4'), { ...binaries, ffprobe: silent })
      await expect(hours(probing)).rejects.toThrow(/ffprobe made no progress for 120 seconds; convert it/)
      const stuck = videoFrames(
        { ...info, binaries: { ...binaries, ffmpeg: silent } },
        { every: 1, lenient: true },
      )
      await expect(hours(readAll(stuck))).rejects.toThrow(
        /ffmpeg made no progress for 120 seconds; convert it/,
      )
    } finally {
      vi.useRealTimers()
    }
    expect(await ffmpegChildren()).toEqual([])
  })
})
