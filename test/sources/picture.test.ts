import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { Slots } from '../../dist/runtime/slots.js'
import { videoFrames } from '../../dist/sources/video.js'
import type { Pixels } from '../../dist/types.js'
import { rgbOf } from '../../dist/vision/imaging/colors.js'
import {
  clipFolder,
  drawClip,
  drawInterlaced,
  ffmpeg,
  probeClip,
  readClip,
  turnClockwise,
} from '../support/clips.js'

const clip = clipFolder()

/** A copy of the first frame. */
async function firstFrame(name: string): Promise<Pixels> {
  const source = videoFrames(await probeClip(clip(name)), { every: 1000 })
  for await (const { value, lease } of source.read(
    new Slots(1, source.frameBytes),
    new AbortController().signal,
  )) {
    const frame = { width: value.width, height: value.height, rgb: rgbOf(value) }
    lease.release()
    return frame
  }
  throw new Error('no frame')
}

function pixel({ width, rgb }: Pixels, x: number, y: number): number[] {
  return [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
}

/** Weights of red and blue in luma. */
const bt601 = [0.299, 0.114] as const
const bt709 = [0.2126, 0.0722] as const

/** ITU-R BT.601 and BT.709, 8 bits. */
function yuv(
  rgb: readonly [number, number, number],
  [kr, kb]: readonly [number, number],
  full: boolean,
): number[] {
  const [r, g, b] = rgb.map(value => value / 255) as [number, number, number]
  const y = kr * r + (1 - kr - kb) * g + kb * b
  const scales = full ? [0, 255, 255] : [16, 219, 224]
  const chroma = (c: number) => Math.round(128 + scales[2]! * c)
  return [
    Math.round(scales[0]! + scales[1]! * y),
    chroma((b - y) / (2 - 2 * kb)),
    chroma((r - y) / (2 - 2 * kr)),
  ]
}

// Otherwise players would be rotated, or rows have the wrong length.
test('a rotated video is decoded upright', async () => {
  await drawClip(clip('turned.mp4'), {
    frames: 3,
    after: 'geq=lum=255*lt(X\\,W/2)*lt(Y\\,H/2):cb=128:cr=128',
  })
  await turnClockwise(clip('turned.mp4'))
  const info = await probeClip(clip('turned.mp4'))
  expect([info.width, info.height]).toEqual([72, 128])
  const frame = await firstFrame('turned.mp4')
  // The top left corner is now at the top right.
  expect(pixel(frame, 60, 10)[0]).toBeGreaterThan(200)
  expect(pixel(frame, 10, 10)[0]).toBeLessThan(50)
  expect(pixel(frame, 60, 118)[0]).toBeLessThan(50)
})

// Otherwise there could be padding at the end of rows, or the last row and column be empty.
test('odd sizes are complete', async () => {
  const after = 'geq=lum=255*max(eq(X\\,W-1)\\,eq(Y\\,H-1)):cb=128:cr=128'
  await drawClip(clip('odd.mp4'), {
    size: '641x361',
    frames: 3,
    after,
    encode: ['-c:v', 'libx264', '-crf', '1'],
  })
  const frame = await firstFrame('odd.mp4')
  expect([frame.width, frame.height, frame.rgb.length]).toEqual([641, 361, 641 * 361 * 3])
  expect(pixel(frame, 640, 100)[0]).toBeGreaterThan(240)
  expect(pixel(frame, 100, 360)[0]).toBeGreaterThan(240)
  expect(pixel(frame, 100, 100)[0]).toBeLessThan(10)
})

// Otherwise frames larger than a pipe buffer could be mixed up.
test('4K', async () => {
  await drawClip(clip('uhd.mp4'), { size: '3840x2160', frames: 4 })
  const { frames } = await readClip(clip('uhd.mp4'), { every: 1 })
  expect(frames.map(({ number }) => number)).toEqual([0, 1, 2, 3])
})

// Otherwise deinterlacing could double the frames, or leave combing artifacts.
test('interlaced video keeps its frame count and has no combing artifacts', async () => {
  await drawInterlaced(clip('interlaced.mp4'))
  const info = await probeClip(clip('interlaced.mp4'))
  expect(info.fieldOrder).toBe('tt')
  const { indices, report } = await readClip(clip('interlaced.mp4'), { every: 1 })
  expect(indices).toHaveLength(info.frameCount)
  expect(report.damage).toBeUndefined()
  const frame = await firstFrame('interlaced.mp4')
  const column = Array.from({ length: frame.height }, (_, y) => pixel(frame, 64, y)[1]!)
  expect(Math.max(...column) - Math.min(...column)).toBeLessThanOrEqual(1)
})

// Otherwise colors would shift with the matrix or the range.
test.each([
  ['HD is BT.709 untagged', '1280x720', bt709, [], 'yuv420p'],
  ['SD is BT.601 untagged', '320x240', bt601, [], 'yuv420p'],
  ['a tag overrules the size', '320x240', bt709, ['-x264opts', 'colormatrix=bt709'], 'yuv420p'],
  ['full range', '320x240', bt601, [], 'yuvj420p'],
  ['10 bits', '1280x720', bt709, [], 'yuv420p10le'],
])('%s', async (name, size, matrix, tags, pixelFormat) => {
  const path = `${name.replaceAll(' ', '_')}.mp4`
  const green = [0x3c, 0x8c, 0x28] as const
  const [y, cb, cr] = yuv(green, matrix, pixelFormat === 'yuvj420p')
  const [width, height] = size.split('x').map(Number) as [number, number]
  const planes = [y, cb, cr].map((value, i) => Buffer.alloc((width * height) / (i === 0 ? 1 : 4), value))
  await writeFile(clip('planes.yuv'), Buffer.concat(planes))
  const raw = pixelFormat === 'yuvj420p' ? 'yuvj420p' : 'yuv420p'
  const encode = ['-pix_fmt', pixelFormat, '-c:v', 'libx264', '-crf', '5', ...tags]
  await ffmpeg('-f', 'rawvideo', '-s', size, '-pix_fmt', raw, '-i', clip('planes.yuv'), ...encode, clip(path))
  const seen = pixel(await firstFrame(path), 160, 120)
  for (let i = 0; i < 3; i++) expect(Math.abs(seen[i]! - green[i]!)).toBeLessThanOrEqual(2)
})

// Otherwise a change of the frame size would shear all frames after it.
test('frames after a change of size are scaled to the first size', async () => {
  await drawClip(clip('first.ts'), { frames: 10 })
  const encode = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-output_ts_offset', '0.4']
  await drawClip(clip('second.ts'), { frames: 10, size: '64x64', encode })
  await ffmpeg('-i', `concat:${clip('first.ts')}|${clip('second.ts')}`, '-c', 'copy', clip('mixed.ts'))
  const { frames } = await readClip(clip('mixed.ts'), { every: 1 })
  expect(frames.map(({ number }) => number)).toEqual([...Array(10).keys(), ...Array(10).keys()])
})
