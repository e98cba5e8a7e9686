import { beforeAll, describe, expect, test } from 'vitest'
import { UsageError } from '../../dist/common/errors.js'
import { probe } from '../../dist/sources/probe.js'
import { videoFrames } from '../../dist/sources/video.js'
import { binaries, clipFolder, drawClip, ffmpeg, probeClip, range, readAll } from '../support/clips.js'
import { bundledBuild, ffmpegBuilds } from '../support/ffmpeg-builds.js'

const clip = clipFolder()
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '10', '-pix_fmt', 'yuv420p']

beforeAll(async () => {
  await drawClip(clip('small.mp4'), { frames: 30, size: '64x36', encode: h264 })
  await drawClip(clip('large.mp4'), { frames: 30, encode: h264 })
  await drawClip(clip('other.mp4'), { frames: 20, encode: h264 })
  await drawClip(clip('picture.mov'), { frames: 1, size: '640x360', encode: ['-c:v', 'mjpeg'] })
  await drawClip(clip('chapters.mov'), { frames: 2, size: '640x360', encode: ['-c:v', 'mjpeg'] })
  await ffmpeg('-f', 'lavfi', '-i', 'sine=d=1.2', clip('sound.m4a'))
})

/** Puts streams into one file. */
async function together(
  name: string,
  parts: readonly string[],
  options: readonly string[] = [],
): Promise<void> {
  const inputs = parts.flatMap(part => ['-i', clip(part)])
  const maps = parts.flatMap((_, i) => ['-map', String(i)])
  await ffmpeg(...inputs, ...maps, '-c', 'copy', ...options, clip(name))
}

describe.each(ffmpegBuilds)('which stream is read with $name', ({ binaries: programs }) => {
  const thumbnail = ['-disposition:v:0', '0']
  const cover = ['-disposition:v:1', 'attached_pic']
  const secondIsDefault = ['-disposition:v:0', '0', '-disposition:v:1', 'default']
  const programsOf = ['-program', 'title=low:st=0', '-program', 'title=high:st=1']
  const kinds = [
    ['qualities.ts', ['small.mp4', 'large.mp4'], programsOf, 1, 30],
    ['qualities.mkv', ['large.mp4', 'small.mp4'], [], 0, 30],
    ['sound-first.mp4', ['sound.m4a', 'small.mp4', 'large.mp4'], [], 2, 30],
    ['thumbnail.mov', ['picture.mov', 'large.mp4'], thumbnail, 1, 30],
    ['thumbnails.mov', ['chapters.mov', 'large.mp4'], thumbnail, 1, 30],
    ['cover.mp4', ['large.mp4', 'picture.mov'], cover, 0, 30],
    ['first.mkv', ['large.mp4', 'other.mp4'], [], 0, 30],
    ['default.mkv', ['large.mp4', 'other.mp4'], secondIsDefault, 1, 20],
  ] as const
  const isBundled = programs === bundledBuild.binaries
  // Otherwise a thumbnail, a cover or the low quality of a broadcast would be taken for the game.
  test.each(kinds.filter(([name]) => isBundled || /^(qualities.ts|thumb|default)/.test(name)))(
    '%s',
    async (name, parts, options, index, frames) => {
      await together(name, parts, options)
      const info = await probe(clip(name), programs)
      expect(info).toMatchObject({ streamIndex: index, width: 128, height: 72, frameCount: frames })
      const read = await readAll(videoFrames(info, { every: 1 }))
      expect(read.map(({ number }) => number)).toEqual(range(0, frames))
    },
  )
})

// Otherwise a user would not know that there is another stream, nor how to get it.
test('another stream is mentioned, and read when wanted', async () => {
  await together('two.mp4', ['sound.m4a', 'small.mp4', 'large.mp4'])
  const note =
    'the file has 2 video streams (1: h264 64x36, 2: h264 128x72): stream 2 is read; --video-stream chooses another'
  expect((await probeClip(clip('two.mp4'))).notes).toEqual([note])
  const small = await probe(clip('two.mp4'), binaries, { videoStream: 1 })
  expect(small).toMatchObject({ streamIndex: 1, width: 64, height: 36, frameCount: 30, notes: [] })
  const frames = await readAll(videoFrames(small, { fps: 5 }))
  expect(frames.map(({ number }) => number)).toEqual([0, 5, 10, 15, 20, 25])
})

// Otherwise a mistyped number would read some other stream, or the sound.
test.each([0, 3])('stream %i is refused', async videoStream => {
  const failure = probe(clip('two.mp4'), binaries, { videoStream })
  await expect(failure).rejects.toThrow(UsageError)
  const streams = '(1: h264 64x36, 2: h264 128x72)'
  await expect(failure).rejects.toThrow(
    `Expected a video stream of the file ${streams} for --video-stream but received ${videoStream}`,
  )
})

// Otherwise a single stream, or one beside a cover, would be worth a warning.
test.each(['large.mp4', 'cover.mp4'])('%s needs no word', async name => {
  expect((await probeClip(clip(name))).notes).toEqual([])
})
