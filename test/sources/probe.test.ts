import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { InputError, UsageError } from '../../dist/common/errors.js'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'
import { identify } from '../../dist/sources/identity.js'
import { binaries, clipFolder, drawClip, ffmpeg, probeClip } from '../support/clips.js'

const clip = clipFolder()

beforeAll(async () => {
  await drawClip(clip('plain.mp4'), { frames: 30 })
  await ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', clip('sound.m4a'))
  await mkdir(clip('folder.mp4'))
  await writeFile(clip('empty.mp4'), '')
  await writeFile(clip('text.mp4'), 'This is not a video.\n'.repeat(50))
  await writeFile(clip('list.mp4'), `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${clip('plain.mp4')}\n`)
  await writeFile(clip('headless.mp4'), (await readFile(clip('plain.mp4'))).subarray(0, 2000))
  await writeFile(clip('noise.mkv'), Buffer.alloc(5000, 'noise'))
})

describe('info of a video', () => {
  // Otherwise the count or the duration could be a guess of the header.
  test('size, rate, count and times', async () => {
    expect(await probeClip(clip('plain.mp4'))).toMatchObject({
      ...{ width: 128, height: 72, codec: 'h264', pixelFormat: 'yuv420p', fieldOrder: 'progressive' },
      ...{ fps: 25, frameRate: { num: 25, den: 1 }, variableFrameRate: false, frameCount: 30 },
      ...{ durationSeconds: 1.2, startSeconds: 0, truncated: false, seekable: true },
    })
  })

  // Otherwise broadcast rates would be exactly 29.97, or a start other than 0 be lost.
  test('rational rates and a start other than 0', async () => {
    const encode = ['-c:v', 'mpeg2video', '-r', '30000/1001', '-output_ts_offset', '7']
    await drawClip(clip('ntsc.ts'), { fps: 30, frames: 30, encode })
    const info = await probeClip(clip('ntsc.ts'))
    expect(info.frameRate).toEqual({ num: 30000, den: 1001 })
    expect(info.startSeconds).toBeGreaterThan(6.9)
  })

  // Otherwise the cover picture of an album would be the video.
  test('cover art is not a video', async () => {
    await ffmpeg('-f', 'lavfi', '-i', 'color=red:s=64x64', '-frames:v', '1', clip('cover.png'))
    const map = ['-map', '0', '-map', '1', '-c:a', 'copy', '-c:v', 'png', '-disposition:v:0', 'attached_pic']
    await ffmpeg('-i', clip('sound.m4a'), '-i', clip('cover.png'), ...map, clip('album.m4a'))
    await expect(probeClip(clip('album.m4a'))).rejects.toThrow('no video stream')
  })
})

// Otherwise a user would see a stack trace, or an error without the file or the cause.
test.each([
  ['nowhere.mp4', 'there is no such file'],
  ['folder.mp4', 'it is a directory'],
  ['empty.mp4', 'it is empty'],
  ['text.mp4', 'its content is not a video'],
  ['list.mp4', /its (content is not a video|format is not accepted)/],
  ['sound.m4a', 'it has no video stream'],
  ['headless.mp4', 'its index (the moov atom) is missing'],
  ['noise.mkv', 'check that it plays'],
])('%s is refused: %s', async (name, why) => {
  const failure = probeClip(clip(name))
  await expect(failure).rejects.toThrow(InputError)
  await expect(failure).rejects.toThrow(`Expected a video file for the input but received '${clip(name)}': `)
  await expect(failure).rejects.toThrow(why)
  await failure.catch((error: Error) => expect(error.message).not.toContain('\n'))
})

describe('identity', () => {
  // Otherwise one video would have two ids, because it was renamed or the namespace changed.
  test('depends only on the content', async () => {
    await writeFile(clip('a.bin'), 'the same bytes')
    await copyFile(clip('a.bin'), clip('b.bin'))
    const identity = await identify(clip('a.bin'))
    expect(await identify(clip('b.bin'))).toEqual(identity)
    expect(identity).toMatchInlineSnapshot(`
      {
        "sha256": "7d95d9eeb9c191ad25da1c2014f6985c9a3094bf5065029ea0a79767f0522ce6",
        "videoGuid": "e192511a-0cda-500a-9b8a-c66e2a97bb9e",
      }
    `)
    await expect(identify(clip('nowhere'))).rejects.toThrow(InputError)
  })
})

describe('binaries', () => {
  // Otherwise a setting could be ignored in favor of an installed program.
  test('settings take precedence and must be programs', () => {
    expect(findBinaries({ ffmpeg: process.execPath })).toEqual({ ...binaries, ffmpeg: process.execPath })
    expect(() => findBinaries({ ffprobe: clip('empty.mp4') })).toThrow(UsageError)
    expect(() => findBinaries({ ffprobe: '/no/such/ffprobe' })).toThrow(
      "Expected an executable file for ffprobe but received '/no/such/ffprobe'",
    )
  })
})
