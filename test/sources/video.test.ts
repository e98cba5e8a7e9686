import { beforeAll, describe, expect, test } from 'vitest'
import { UsageError } from '../../dist/common/errors.js'
import { seekFrames } from '../../dist/sources/sample-frames.js'
import { seekPieces } from '../../dist/sources/seek.js'
import { videoFrames } from '../../dist/sources/video.js'
import {
  clipFolder,
  drawClip,
  drawInterlaced,
  ffmpeg,
  numberIn,
  probeClip,
  readClip,
  turnClockwise,
} from '../support/clips.js'

const clip = clipFolder()

const bFrames = 'b-pyramid=normal:open-gop=1:keyint=12:bframes=4'

beforeAll(async () => {
  await drawClip(clip('plain.mp4'))
  await drawClip(clip('b.mp4'), { encode: ['-c:v', 'libx264', '-x264opts', bFrames, '-pix_fmt', 'yuv420p'] })
})

describe('sampling', () => {
  // Otherwise frames could be off by one at a tick, or ticks could drift.
  test('--fps takes the first frame at or after each tick', async () => {
    const { frames } = await readClip(clip('plain.mp4'), { fps: 4 })
    expect(frames.map(({ index }) => index)).toEqual([0, 7, 13, 19, 25, 32, 38, 44])
    expect(frames.map(({ ptsMs }) => ptsMs)).toEqual([0, 280, 520, 760, 1000, 1280, 1520, 1760])
  })

  // Otherwise the default would differ from the documented one.
  test('5 frames a second are the default', async () => {
    const { indices } = await readClip(clip('plain.mp4'), {})
    expect(indices).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45])
  })

  // Otherwise frames would be repeated to reach a rate that the video does not have.
  test('a video slower than --fps gives each frame once', async () => {
    const { indices } = await readClip(clip('plain.mp4'), { fps: 60 })
    expect(indices).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  // Otherwise frames would be lost: Matroska rounds times to ms, and every third frame of 30 per second is early.
  test('rounded times lose no frame', async () => {
    await drawClip(clip('rounded.mkv'), { fps: 30, frames: 30 })
    expect((await readClip(clip('rounded.mkv'), { fps: 30 })).indices).toHaveLength(30)
    expect((await readClip(clip('rounded.mkv'), { fps: 10 })).indices).toEqual([
      0, 3, 6, 9, 12, 15, 18, 21, 24, 27,
    ])
  })

  // Otherwise equal spacing could omit the end, or be off by one frame.
  test('--frames and --every', async () => {
    expect((await readClip(clip('plain.mp4'), { frames: 5 })).indices).toEqual([0, 10, 20, 30, 40])
    expect((await readClip(clip('plain.mp4'), { frames: 7 })).indices).toHaveLength(7)
    expect((await readClip(clip('plain.mp4'), { frames: 500 })).indices).toHaveLength(50)
    expect((await readClip(clip('plain.mp4'), { every: 12 })).indices).toEqual([0, 12, 24, 36, 48])
  })

  // Otherwise numbers and times would be wrong, or ffmpeg would repeat frames to fill gaps.
  test('variable frame rate keeps true numbers and times', async () => {
    const before = "select='lt(n,40)*not(mod(n,4))+gte(n,40)*not(mod(n,11))'"
    await drawClip(clip('vfr.mkv'), { fps: 100, before, frames: 20 })
    const { frames } = await readClip(clip('vfr.mkv'), { fps: 10 })
    expect(frames.slice(0, 7).map(({ index, ptsMs }) => [index, ptsMs])).toEqual([
      ...[0, 3, 5, 8].map(i => [i, i * 40]),
      ...[10, 11, 12].map(i => [i, 440 + (i - 10) * 110]),
    ])
    expect(frames.every(({ index, number }) => index === number)).toBe(true)
  })

  // Otherwise frames would be numbered in decode order, which B-frames permute, or a late start would shift times.
  test('B-frames and a late start do not confuse numbers', async () => {
    await ffmpeg('-itsoffset', '5', '-i', clip('b.mp4'), '-c', 'copy', clip('late.mkv'))
    for (const name of ['b.mp4', 'late.mkv']) {
      const { frames } = await readClip(clip(name), { every: 1 })
      expect(frames.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, i) => i))
      expect(frames.map(({ index }) => index)).toEqual(frames.map(({ number }) => number))
      expect(frames.at(-1)?.ptsMs).toBe(1960)
    }
  })

  // Otherwise special formats could fail: ffprobe crashes on some transport streams, raw streams have no times, AVI no
  // presentation times.
  test.each(['x.ts', 'x.h264', 'x.avi'])('numbers are correct in %s', async name => {
    await ffmpeg('-i', clip('b.mp4'), '-c', 'copy', clip(name))
    const { frames } = await readClip(clip(name), { every: 7 })
    expect(frames.map(({ index }) => index)).toEqual([0, 7, 14, 21, 28, 35, 42, 49])
    expect(frames.map(({ number }) => number)).toEqual([0, 7, 14, 21, 28, 35, 42, 49])
  })

  // Otherwise one of two contradicting settings would be ignored silently.
  test.each([
    [{ fps: 5, every: 2 }, /one of fps, every and frames/],
    [{ fps: 0 }, /fps but received 0/],
    [{ frames: 1.5 }, /frames but received 1.5/],
    [{ every: 0 }, /every but received 0/],
  ])('refuses %j', async (options, message) => {
    const info = await probeClip(clip('plain.mp4'))
    expect(() => videoFrames(info, options)).toThrow(UsageError)
    expect(() => videoFrames(info, options)).toThrow(message)
  })
})

describe('seeking', () => {
  // Otherwise a seek could give a neighboring frame, or a picture decoded without its references.
  test.each(['b.mp4', 'hevc.mp4', 'interlaced.mp4', 'edited.mp4'])(
    'gives the same as decoding: %s',
    async name => {
      if (name === 'hevc.mp4') {
        const params = 'log-level=error:bframes=4:open-gop=1:keyint=10'
        const encode = ['-c:v', 'libx265', '-pix_fmt', 'yuv420p10le', '-x265-params', params]
        await drawClip(clip(name), { frames: 30, encode })
      }
      if (name === 'interlaced.mp4') await drawInterlaced(clip('interlaced.mp4'))
      if (name === 'edited.mp4') {
        // Cut between keyframes without encoding: an edit list hides the first packets.
        const cut = ['-i', clip('b.mp4'), '-ss', '0.3', '-i', clip('b.mp4'), '-map', '1', '-c', 'copy']
        await ffmpeg(...cut, clip(name))
      }
      // Also where an edit list hides the keyframe: every cut without encoding is such a video.
      expect((await probeClip(clip(name))).seekable || name === 'interlaced.mp4').toBe(true)
      const sought = await readClip(clip(name), { frames: 6, seek: true })
      const decoded = await readClip(clip(name), { frames: 6, seek: false })
      expect(sought.frames).toEqual(decoded.frames)
      expect(sought.frames).toHaveLength(6)
    },
  )

  // Otherwise the slower strategy would be used.
  test('is chosen only for few frames', async () => {
    const clipInfo = await probeClip(clip('b.mp4'))
    const geometry = { ...clipInfo.geometry, codedWidth: 1920, codedHeight: 1080 }
    const large = { ...clipInfo, geometry }
    const long = { pts: Float64Array.from({ length: 9000 }, (_, i) => i), tick: { num: 1, den: 25 } }
    const keyframes = Uint32Array.from({ length: 180 }, (_, i) => i * 50)
    const info = {
      ...large,
      frameCount: 9000,
      frameTimes: { ...long, clock: long.pts, keyframes, exact: true, before: 0 },
    }
    expect(seekPieces(info, Uint32Array.of(0, 3000, 6000))).toHaveLength(3)
    const everyFifth = (length: number) => Uint32Array.from({ length }, (_, i) => i * 5)
    expect(seekPieces(info, everyFifth(1800))).toBeUndefined()
    expect(seekPieces({ ...info, frameCount: 1500 }, everyFifth(300))).toBeUndefined()
  })

  // Otherwise the surface model would use frames of one part of the game, rotated, or in full size.
  test('samples are in the middle of equal parts, upright and small', async () => {
    await drawClip(clip('wide.mp4'), { size: '1280x720', frames: 20 })
    await turnClockwise(clip('wide.mp4'))
    const upright = await seekFrames(await probeClip(clip('wide.mp4')), 4)
    expect(upright.map(({ width, height }) => [width, height])).toEqual(Array(4).fill([720, 1280]))
    expect(upright.map(numberIn)).toEqual([2, 7, 12, 17])
    await drawClip(clip('wider.mp4'), { size: '2560x1440', frames: 4 })
    const [small] = await seekFrames(await probeClip(clip('wider.mp4')), 1)
    expect([small?.width, small?.height]).toEqual([1920, 1080])
  })
})
