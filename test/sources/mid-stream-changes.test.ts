import { readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  clipFolder,
  colorAt,
  combing,
  drawClip,
  ffmpeg,
  picturesOf,
  range,
  readClip,
  setMatrix,
} from '../support/clips.js'
import { bundledBuild, ffmpegBuilds } from '../support/ffmpeg-builds.js'
import { renumbered } from '../support/transport-streams.js'

const clip = clipFolder()

const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '10', '-pix_fmt', 'yuv420p']
const bFrames = ['-c:v', 'libx264', '-crf', '10', '-bf', '3', '-pix_fmt', 'yuv420p']
const hevc = ['-c:v', 'libx265', '-pix_fmt', 'yuv420p', '-x265-params', 'log-level=error']
// A key frame only where the group of pictures ends, not wherever the gray level changes.
const mpeg2 = ['-c:v', 'mpeg2video', '-q:v', '2', '-sc_threshold', '1000000000']
/** Two fields of a frame, of clearly different grays. */
const interlace = 'lutyuv=y=16+3*(val-16),interlace=scan=tff:lowpass=0'
const fields = ['-flags', '+ildct+ilme']

/** Draws two clips of 12 frames and puts them together in one stream. */
async function join(
  name: string,
  encode: readonly string[],
  second: { readonly size?: string; readonly after?: string; readonly encode?: readonly string[] },
  first: { readonly size?: string; readonly after?: string } = {},
): Promise<void> {
  const parts = [clip(`first-${name}`), clip(`second-${name}`)] as const
  await drawClip(parts[0], { frames: 12, encode, ...first })
  await drawClip(parts[1], { frames: 12, encode, ...second })
  await writeFile(clip(`${name}.txt`), parts.map(path => `file '${path}'\n`).join(''))
  await ffmpeg('-f', 'concat', '-safe', '0', '-i', clip(`${name}.txt`), '-c', 'copy', clip(name))
}

/** Number of an interlaced frame, from that of one of its fields. */
const frameOf = (number: number): number => Math.round(number / 3) >> 1

/** Numbers of two clips of 12 frames each. */
const twice = [...range(0, 12), ...range(0, 12)]

describe('the size of the pictures changes', () => {
  const kinds: readonly (readonly [name: string, encode: readonly string[]])[] = [
    ['h264.flv', h264],
    ['h264-b.ts', bFrames],
    ['hevc.ts', hevc],
    ['mpeg2.ts', mpeg2],
    ['mjpeg.avi', ['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p']],
    ['vp8.webm', ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8']],
    ['vp9.mkv', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8']],
  ]

  // Otherwise frames could be lost, sheared or numbered from 0 again where the decoder starts anew.
  test.each(kinds)('%s: all frames, in the first size', async (name, encode) => {
    await join(name, encode, { size: '98x54' })
    const { info, numbers, frames, warnings, report } = await readClip(clip(name), { every: 1 })
    expect(info).toMatchObject({ width: 128, height: 72, frameCount: 24, fps: 25 })
    expect(numbers).toEqual(twice)
    expect(frames.map(({ ptsMs }) => Math.round(ptsMs))).toEqual(range(0, 24).map(i => i * 40))
    expect(report.damage).toBeUndefined()
    // Otherwise a user would wonder why players become blurred.
    expect(warnings).toEqual([
      'the size or format of its pictures changes at 0.48 s: all frames are scaled to 128x72',
    ])
  })

  // Otherwise small pictures that come first would make all of them small, or the others be cropped.
  test('to a larger one of another shape', async () => {
    await join('larger.ts', h264, { size: '200x180' }, { size: '66x50' })
    const { info, numbers } = await readClip(clip('larger.ts'), { every: 1 })
    expect([info.width, info.height]).toEqual([66, 50])
    expect(numbers).toEqual(twice)
  })

  // Otherwise the filters behind the change would work on other planes than they were made for.
  test('with another pixel format', async () => {
    const encode = [...bFrames, '-pix_fmt', 'yuv422p']
    await join('format.mkv', bFrames, { size: '64x64', encode })
    const { numbers, warnings } = await readClip(clip('format.mkv'), { every: 1 })
    expect(numbers).toEqual(twice)
    expect(warnings).toHaveLength(1)
  })

  const matrices: Record<string, readonly [number, number, number, number]> = {
    'a quarter turn': [0, 1, -1, 0],
    'a half turn': [-1, 0, 0, -1],
    'three quarters': [0, -1, 1, 0],
    'a transposed picture': [0, 1, 1, 0],
  }
  beforeAll(async () => {
    // White in one quarter: the top left.
    const after = 'geq=lum=16+219*lt(X\\,W/2)*lt(Y\\,H/2):cb=128:cr=128'
    await join('patch.ts', h264, { size: '64x48', after }, { after })
    await ffmpeg('-i', clip('patch.ts'), '-c', 'copy', clip('patch.mp4'))
  })
  describe.each(ffmpegBuilds)('with $name', ({ binaries }) => {
    // Otherwise a rotated phone video would crash, or show memory that belongs to no picture.
    const names = Object.keys(matrices)
    test.each(binaries === bundledBuild.binaries ? names : names.slice(0, 1))(
      'and %s: each picture is upright and whole',
      async name => {
        const matrix = matrices[name]!
        await writeFile(clip('turned.mp4'), await readFile(clip('patch.mp4')))
        await setMatrix(clip('turned.mp4'), matrix)
        const pictures = await picturesOf(clip('turned.mp4'), binaries)
        expect(pictures).toHaveLength(24)
        const [a, b, c, d] = matrix
        // Where the matrix puts the top left corner, as a sign in each direction.
        const corner = [-a - c, -b - d].map(Math.sign)
        for (const picture of [pictures[0]!, pictures[11]!, pictures[12]!, pictures[23]!]) {
          expect([picture.width, picture.height]).toEqual(a === 0 ? [72, 128] : [128, 72])
          for (const [x, y] of [
            [-1, -1],
            [1, -1],
            [-1, 1],
            [1, 1],
          ] as const) {
            const isWhite = x === corner[0] && y === corner[1]
            const [red = 128] = colorAt(picture, 0.5 + x * 0.4, 0.5 + y * 0.4)
            expect(isWhite ? 255 - red : red, `${name} at ${x}, ${y}`).toBeLessThan(20)
          }
        }
      },
    )
  })
})

describe('interlaced with a break of another size', () => {
  const codecs: readonly (readonly [name: string, encode: readonly string[]])[] = [
    ['h264', [...h264, ...fields, '-x264opts', 'tff=1:keyint=10']],
    ['mpeg2', [...mpeg2, ...fields, '-top', '1', '-g', '12']],
    ['mpeg2-422', [...mpeg2, ...fields, '-top', '1', '-g', '12', '-pix_fmt', 'yuv422p']],
  ]
  test.each(codecs)('%s: all frames, deinterlaced on both sides', async (name, encode) => {
    const sizes = ['192x108', '128x96', '192x108']
    const parts = await Promise.all(
      sizes.map(async (size, i) => {
        const path = clip(`${name}-${i}.ts`)
        const offset = ['-output_ts_offset', String(i * 0.48)]
        await drawClip(path, {
          fps: 50,
          frames: 12,
          size,
          after: `${interlace},setsar=1`,
          encode: [...encode, ...offset],
        })
        return readFile(path)
      }),
    )
    await writeFile(clip(`${name}.ts`), renumbered(...parts))
    const { info, numbers, report, warnings } = await readClip(clip(`${name}.ts`), { every: 1 })
    expect(info).toMatchObject({ width: 192, height: 108, fps: 25, frameCount: 36 })
    // Otherwise the picture that a decoder holds back is lost at each change.
    expect(numbers.map(frameOf)).toEqual([...range(0, 12), ...range(0, 12), ...range(0, 12)])
    expect(report.damage).toBeUndefined()
    expect(warnings.join()).toMatch(/changes at 0\.4[68] s: all frames are scaled to 192x108$/)
    // Otherwise the two fields of a frame stay in it as a comb, before or after the break.
    const pictures = await picturesOf(clip(`${name}.ts`))
    expect(Math.max(...pictures.map(combing))).toBeLessThanOrEqual(3)
  })
})

describe('fields begin or end in mid-stream', () => {
  const interlaced = [...h264, ...fields, '-x264opts', 'tff=1']
  beforeAll(async () => {
    const after = `settb=1/50,setpts=N,fps=50,${interlace}`
    await drawClip(clip('film.ts'), { frames: 12, encode: h264 })
    await drawClip(clip('live.ts'), { fps: 50, frames: 12, after, encode: interlaced })
    for (const order of [
      ['film', 'live'],
      ['live', 'film'],
    ]) {
      const list = clip('order.txt')
      await writeFile(list, order.map(part => `file '${clip(`${part}.ts`)}'\n`).join(''))
      const name = clip(`${order.join('-')}.ts`)
      await ffmpeg('-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy', name)
      await ffmpeg('-i', name, '-c', 'copy', name.replace('.ts', '.mp4'))
    }
  })

  // Otherwise a header that speaks for its first frames alone would leave combs in the others, or blur the first.
  test.each(['film-live.ts', 'film-live.mp4', 'live-film.ts', 'live-film.mp4'])('%s', async name => {
    const { numbers, info } = await readClip(clip(name), { every: 1 })
    expect(info).toMatchObject({ frameCount: 24, fps: 25 })
    const isFilm = (index: number) => name.startsWith('film') === index < 12
    expect(numbers.map((number, i) => (isFilm(i) ? number : frameOf(number)))).toEqual(twice)
    const pictures = await picturesOf(clip(name))
    // In the first frame of fields, the neighbor before is of another kind.
    const combs = pictures.map(combing).filter((_, i) => i !== 12)
    expect(Math.max(...combs)).toBeLessThanOrEqual(3)
  })
})

// Otherwise the frame that MPEG-2's decoder loses at a new header would move all that come after, which then are not
// among the wanted ones.
test.each([{ every: 3 }, { frames: 8 }, { fps: 25 / 3 }])(
  'a lost picture does not move the others: %j',
  async sampling => {
    const encode = [...mpeg2, '-bf', '2']
    await join('shape.ts', encode, { size: '128x96', after: 'setsar=4/3' }, { size: '128x96' })
    const { indices, numbers, report } = await readClip(clip('shape.ts'), sampling)
    expect(indices).toEqual([0, 3, 6, 9, 12, 15, 18, 21])
    expect(numbers).toEqual([0, 3, 6, 9, 0, 3, 6, 9])
    expect(report.damage).toBeUndefined()
  },
)
