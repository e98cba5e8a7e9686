import { readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { probe } from '../../dist/sources/probe.js'
import { videoFrames } from '../../dist/sources/video.js'
import { clipFolder, drawClip, drawInterlaced, ffmpeg, readAll, turnClockwise } from '../support/clips.js'
import { bundledBuild, ffmpegBuilds } from '../support/ffmpeg-builds.js'

const clip = clipFolder()

beforeAll(async () => {
  const openGop = 'b-pyramid=normal:open-gop=1:keyint=12:bframes=4'
  const encode = ['-c:v', 'libx264', '-x264opts', openGop, '-pix_fmt', 'yuv420p']
  await drawClip(clip('b-frames.mp4'), { encode })
  for (const name of ['b-frames.ts', 'b-frames.avi'])
    await ffmpeg('-i', clip('b-frames.mp4'), '-c', 'copy', clip(name))
  await drawClip(clip('turned.mp4'))
  await turnClockwise(clip('turned.mp4'))
  await drawInterlaced(clip('interlaced.mp4'))
  await drawClip(clip('10-bit.mp4'), {
    encode: ['-c:v', 'libx265', '-pix_fmt', 'yuv420p10le', '-x265-params', 'log-level=error'],
  })
  await drawClip(clip('small.mp4'), { size: '64x64' })
  const streams = ['-i', clip('b-frames.mp4'), '-i', clip('small.mp4'), '-map', '0', '-map', '1']
  await ffmpeg(...streams, '-c', 'copy', clip('streams.ts'))
  const recording = await readFile(clip('b-frames.ts'))
  await writeFile(clip('joined.ts'), Buffer.concat([recording, recording]))
  await drawClip(clip('vp9.webm'), { encode: ['-c:v', 'libvpx-vp9', '-cpu-used', '8'] })
})

const names = [
  'b-frames.mp4',
  'b-frames.ts',
  'b-frames.avi',
  'turned.mp4',
  'interlaced.mp4',
  '10-bit.mp4',
  'vp9.webm',
  'streams.ts',
  'joined.ts',
]

describe.each(ffmpegBuilds)('$name', ({ binaries }) => {
  test.each(names)('reads from %s what the bundled build reads', async name => {
    // Otherwise a user with another ffmpeg would get other frames, at other times, or an error for an option of ours.
    const read = async (programs: typeof binaries) => {
      const video = await probe(clip(name), programs)
      // AVI has no presentation times, and builds guess the last one differently.
      const { binaries: _, frameTimes: __, durationSeconds: ___, ...info } = video
      const frames = await readAll(videoFrames(video, { fps: 7 }))
      return { info, frames: frames.map(({ sha256: _, ...frame }) => frame) }
    }
    const expected = await read(bundledBuild.binaries)
    expect(expected.frames.length).toBeGreaterThan(5)
    expect(await read(binaries)).toEqual(expected)
  })
})
