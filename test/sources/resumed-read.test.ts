import { beforeAll, expect, test } from 'vitest'
import { videoFrames } from '../../dist/sources/video.js'
import {
  clipFolder,
  drawClip,
  drawInterlaced,
  ffmpeg,
  probeClip,
  readAll,
  readClip,
} from '../support/clips.js'

const clip = clipFolder()
const openGop = 'b-pyramid=normal:open-gop=1:keyint=12:bframes=4'

beforeAll(async () => {
  const encode = ['-c:v', 'libx264', '-x264opts', openGop, '-pix_fmt', 'yuv420p']
  await drawClip(clip('b.mp4'), { encode })
  for (const name of ['b.mkv', 'b.ts', 'b.avi', 'b.h264'])
    await ffmpeg('-i', clip('b.mp4'), '-c', 'copy', clip(name))
  await ffmpeg('-itsoffset', '5', '-i', clip('b.mp4'), '-c', 'copy', clip('late.mkv'))
  // An edit list hides the first packets.
  const cut = ['-i', clip('b.mp4'), '-ss', '0.3', '-i', clip('b.mp4'), '-map', '1', '-c', 'copy']
  await ffmpeg(...cut, clip('edited.mp4'))
  const before = "select='lt(n,80)*not(mod(n,4))+gte(n,80)*not(mod(n,11))'"
  await drawClip(clip('vfr.mkv'), { fps: 100, before, frames: 40, encode })
  const hevc = 'log-level=error:bframes=4:open-gop=1:keyint=10'
  await drawClip(clip('hevc.mp4'), {
    frames: 40,
    encode: ['-c:v', 'libx265', '-pix_fmt', 'yuv420p', '-x265-params', hevc],
  })
  await drawInterlaced(clip('interlaced.mp4'))
})

const names = [
  ...['b.mp4', 'b.mkv', 'b.ts', 'b.avi', 'b.h264', 'late.mkv', 'edited.mp4'],
  ...['vfr.mkv', 'hevc.mp4', 'interlaced.mp4'],
]

test.each(names)('the rest of %s has the same frames as in a complete read, to the pixel', async name => {
  // Otherwise a resumed run would get other frames, shifted ones, or one twice, and make a different dataset.
  const info = await probeClip(clip(name))
  for (const sampling of [{ fps: 7 }, { every: 3 }, { frames: 6 }]) {
    const whole = await readClip(clip(name), sampling)
    // Resume after a sampled frame, as in a checkpoint: in the first group of pictures, in a later one, and the last.
    for (const at of [1, Math.floor(whole.frames.length * 0.6), whole.frames.length - 1]) {
      const from = whole.indices[at - 1]! + 1
      const source = videoFrames(info, { ...sampling, resume: { from, framesRead: at } })
      const where = `${JSON.stringify(sampling)} from ${from}`
      expect(await readAll(source), where).toEqual(whole.frames.slice(at))
      expect(source.report, where).toMatchObject({ framesRead: whole.frames.length, damage: undefined })
    }
  }
})

test('there is nothing to read after the last frame', async () => {
  // Otherwise a run that crashed after its last frame would fail with a video without frames.
  const { frames } = await readClip(clip('b.mp4'), { every: 10 })
  const info = await probeClip(clip('b.mp4'))
  const resume = { from: frames.at(-1)!.index + 1, framesRead: frames.length }
  expect(await readAll(videoFrames(info, { every: 10, resume }))).toEqual([])
})
