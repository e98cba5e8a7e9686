import { copyFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { seekFrames } from '../../dist/sources/sample-frames.js'
import { rgbOf } from '../../dist/vision/imaging/colors.js'
import {
  clipFolder,
  colorAt,
  combing,
  drawClip,
  ffmpeg,
  picturesOf,
  probeClip,
  range,
  readClip,
  setMatrix,
} from '../support/clips.js'
import { bundledBuild, ffmpegBuilds } from '../support/ffmpeg-builds.js'

const clip = clipFolder()

const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '10', '-pix_fmt', 'yuv420p']
const mpeg2 = ['-c:v', 'mpeg2video', '-q:v', '2']
/** White, light, dark and black quarters: top left, top right, bottom left, bottom right. */
const quarters = "geq=lum='235-if(lt(X,W/2),0,60)-if(lt(Y,H/2),0,120)':cb=128:cr=128"

/** The quarters of a picture, from bright to dark, by their corners. */
function order(picture: Parameters<typeof colorAt>[0]): string {
  const corners = { tl: [0.2, 0.2], tr: [0.8, 0.2], bl: [0.2, 0.8], br: [0.8, 0.8] } as const
  const brightness = ([x, y]: readonly [number, number]) => colorAt(picture, x, y)[1]!
  return Object.entries(corners)
    .sort(([, a], [, b]) => brightness(b) - brightness(a))
    .map(([corner]) => corner)
    .join(' ')
}

describe('the display matrix', () => {
  beforeAll(() => drawClip(clip('quarters.mp4'), { frames: 3, after: quarters, encode: h264 }))

  // Where the corners top left, top right, bottom left and bottom right are afterwards.
  const kinds = [
    [[1, 0, 0, 1], 'tl tr bl br'],
    [[0, 1, -1, 0], 'tr br tl bl'],
    [[-1, 0, 0, -1], 'br bl tr tl'],
    [[0, -1, 1, 0], 'bl tl br tr'],
    [[-1, 0, 0, 1], 'tr tl br bl'],
    [[1, 0, 0, -1], 'bl br tl tr'],
    [[0, 1, 1, 0], 'tl bl tr br'],
    [[0, -1, -1, 0], 'br tr bl tl'],
  ] as const

  describe.each(ffmpegBuilds)('$name', ({ binaries }) => {
    // Otherwise players would lie on their sides, or left and right be exchanged, so that numbers cannot be read.
    test.each(binaries === bundledBuild.binaries ? kinds : kinds.slice(6))('%j', async (matrix, expected) => {
      const path = clip(`${matrix.join('_')}.mp4`)
      await copyFile(clip('quarters.mp4'), path)
      await setMatrix(path, matrix)
      const [picture] = await picturesOf(path, binaries)
      expect([picture!.width, picture!.height]).toEqual(matrix[0] === 0 ? [72, 128] : [128, 72])
      expect(order(picture!)).toBe(expected)
    })
  })

  // Otherwise the colors of a turned picture would lie beside its players: chroma is turned with its place.
  test.each(kinds)('%j turns the colors with the picture', async (matrix, _) => {
    const colors = "geq=lum='100+40*sin(X/5)':cb='128+60*sin(X/9+Y/7)':cr='128+60*cos(X/8-Y/11)'"
    const lossless = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-pix_fmt', 'yuv420p']
    const [plain, turned] = [clip('plain colors.mp4'), clip(`colors ${matrix.join('_')}.mp4`)]
    await drawClip(plain, { frames: 1, after: colors, encode: lossless })
    await copyFile(plain, turned)
    await setMatrix(turned, matrix)
    const [[before], [after]] = [await picturesOf(plain), await picturesOf(turned)]
    const [a, b, c, d] = matrix
    let worst = 0
    for (let y = 0; y < before!.height; y++) {
      for (let x = 0; x < before!.width; x++) {
        const to = [a * x + c * y, b * x + d * y] as const
        const [toX, toY] = [
          to[0] + (a + c < 0 ? after!.width - 1 : 0),
          to[1] + (b + d < 0 ? after!.height - 1 : 0),
        ]
        for (const color of [0, 1, 2]) {
          const difference =
            before!.rgb[(y * before!.width + x) * 3 + color]! -
            after!.rgb[(toY * after!.width + toX) * 3 + color]!
          worst = Math.max(worst, Math.abs(difference))
        }
      }
    }
    expect(worst).toBeLessThanOrEqual(1)
  })

  // Otherwise the playing surface would be learned from pictures of another orientation than the players'.
  test('sample frames are turned in the same way', async () => {
    const path = clip('0_-1_-1_0.mp4')
    const [[read], [sample]] = await Promise.all([picturesOf(path), seekFrames(await probeClip(path), 1)])
    expect(rgbOf(sample)).toEqual(read?.rgb)
  })

  // Otherwise a camera that was tilted by some degrees, or a matrix of zeros, would make a video unreadable.
  test.each([[[0.94, 0.34, -0.34, 0.94]], [[0, 0, 0, 0]]] as const)('%j is no orientation', async matrix => {
    const path = clip('tilted.mp4')
    await copyFile(clip('quarters.mp4'), path)
    await setMatrix(path, matrix)
    expect(order((await picturesOf(path))[0]!)).toBe('tl tr bl br')
  })

  // Otherwise a matrix that also scales would be taken for a tilted one.
  test('a turn with a scale is a turn', async () => {
    const path = clip('scaled.mp4')
    await copyFile(clip('quarters.mp4'), path)
    await setMatrix(path, [0, 2, -2, 0])
    expect(order((await picturesOf(path))[0]!)).toBe('tr br tl bl')
  })
})

describe('pixels that are not square', () => {
  const kinds: readonly (readonly [string, string, string, readonly string[], readonly [number, number]])[] =
    [
      ['dvd.mpg', '90x72', '64/45', mpeg2, [128, 72]],
      ['narrow.mpg', '90x72', '16/15', mpeg2, [96, 72]],
      ['hdv.mp4', '96x72', '4/3', h264, [128, 72]],
      ['anamorphic.mov', '96x54', '2/1', h264, [192, 54]],
      ['anamorphic.mkv', '90x60', '40/33', h264, [109, 60]],
      ['tall.ts', '128x72', '3/4', h264, [96, 72]],
      ['vp9.webm', '96x72', '4/3', ['-c:v', 'libvpx-vp9', '-cpu-used', '8'], [128, 72]],
      ['mpeg4.avi', '90x72', '16/15', ['-c:v', 'mpeg4', '-q:v', '2'], [96, 72]],
    ]
  // Otherwise players would be wider or narrower than they are, and unlike those of other videos.
  test.each(kinds)('%s: %s with %s', async (name, size, aspect, encode, shown) => {
    await drawClip(clip(name), { frames: 9, size, after: `setsar=${aspect},${quarters}`, encode })
    const info = await probeClip(clip(name))
    expect([info.width, info.height]).toEqual(shown)
    expect(`${info.geometry.codedWidth}x${info.geometry.codedHeight}`).toBe(size)
    const [picture] = await picturesOf(clip(name))
    expect([picture!.width, picture!.height]).toEqual(shown)
    expect(order(picture!)).toBe('tl tr bl br')
  })

  // Otherwise the pixels' shape would be applied to the turned picture.
  test('and a turned picture', async () => {
    const after = `setsar=4/3,${quarters}`
    await drawClip(clip('turned.mp4'), { frames: 2, size: '96x72', after, encode: h264 })
    await setMatrix(clip('turned.mp4'), [0, 1, -1, 0])
    const [picture] = await picturesOf(clip('turned.mp4'))
    expect([picture!.width, picture!.height]).toEqual([72, 128])
    expect(order(picture!)).toBe('tr br tl bl')
  })

  // Otherwise a header that cannot be meant would make pictures of a million columns.
  test('an absurd shape is ignored', async () => {
    await drawClip(clip('absurd.mp4'), { frames: 2, size: '96x72', after: 'setsar=200/1', encode: h264 })
    expect(await probeClip(clip('absurd.mp4'))).toMatchObject({ width: 96, height: 72 })
  })
})

describe('fields of which the header says nothing', () => {
  const fields = ['-flags', '+ildct+ilme']
  const kinds: readonly (readonly [name: string, scan: string, size: string, encode: readonly string[]])[] = [
    ['dv.avi', 'bff', '720x576', ['-c:v', 'dvvideo', '-pix_fmt', 'yuv420p']],
    ['mpeg4.avi', 'tff', '128x72', ['-c:v', 'mpeg4', '-q:v', '2', ...fields]],
    ['h264.avi', 'tff', '128x72', [...h264, ...fields, '-x264opts', 'tff=1']],
    ['h264-422.mkv', 'tff', '128x72', [...h264, ...fields, '-x264opts', 'tff=1', '-pix_fmt', 'yuv422p10le']],
    ['mpeg2.ts', 'bff', '128x72', [...mpeg2, ...fields, '-bf', '2', '-top', '0']],
  ]
  beforeAll(async () => {
    for (const [name, scan, size, encode] of kinds) {
      const shape = size === '720x576' ? 'setsar=16/15' : 'null'
      const after = `lutyuv=y=16+3*(val-16),interlace=scan=${scan}:lowpass=0,${shape}`
      await drawClip(clip(name), { fps: 50, frames: 10, size, after, encode })
    }
  })
  const names = kinds.map(([name]) => name)
  describe.each(ffmpegBuilds)('$name', ({ binaries }) => {
    // Otherwise every moving player would be a comb of two pictures.
    const isBundled = binaries === bundledBuild.binaries
    test.each(isBundled ? names : names.slice(0, 3))('%s is deinterlaced', async name => {
      const pictures = await picturesOf(clip(name), binaries)
      expect(Math.max(...pictures.slice(1, -1).map(combing))).toBeLessThanOrEqual(3)
      const { numbers } = await readClip(clip(name), { every: 1 }, binaries)
      expect(numbers.map(number => Math.round(number / 3) >> 1)).toEqual(range(0, 10))
    })
  })

  // Otherwise progressive pictures in a stream that may have fields would lose half of their rows.
  test('progressive pictures stay as they are', async () => {
    const rows = 'geq=lum=16+200*mod(Y\\,2):cb=128:cr=128'
    await drawClip(clip('rows.avi'), { frames: 3, after: rows, encode: ['-c:v', 'mpeg4', '-q:v', '1'] })
    const [picture] = await picturesOf(clip('rows.avi'))
    expect(combing(picture!)).toBeGreaterThan(150)
  })
})

// Otherwise the two builds of the size in a header could differ where a side is odd.
test('odd sizes with pixels that are not square', async () => {
  const encode = ['-c:v', 'libx264', '-pix_fmt', 'yuv444p', '-crf', '5']
  await drawClip(clip('odd.mp4'), { frames: 2, size: '91x71', after: `setsar=16/11,${quarters}`, encode })
  await ffmpeg('-i', clip('odd.mp4'), '-c', 'copy', clip('odd.mkv'))
  for (const type of ['mp4', 'mkv']) {
    const [picture] = await picturesOf(clip(`odd.${type}`))
    expect([picture!.width, picture!.height]).toEqual([132, 71])
    expect(order(picture!)).toBe('tl tr bl br')
  }
})
