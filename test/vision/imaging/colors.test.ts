import { describe, expect, test } from 'vitest'
import type { ColorMatrix, Encoding, Picture } from '../../../dist/types.js'
import { colorReader, rgbOf } from '../../../dist/vision/imaging/colors.js'
import { chromaSize, planesBytes } from '../../../dist/vision/imaging/planes.js'

/** Luma, blue difference and red difference of a pixel, as levels. */
type Yuv = readonly [number, number, number]

/** Draws planes: the samples are those of the pixels, or of places between them, where they lie. */
function drawn(
  width: number,
  height: number,
  encoding: Encoding,
  at: (x: number, y: number) => Yuv,
): Picture {
  const size = { width, height, encoding }
  const chroma = chromaSize(size)
  const { columns, rows, x, y } = encoding.chroma
  const luma = Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))[0])
  const place = (i: number) =>
    [x + columns * (i % chroma.width), y + rows * Math.floor(i / chroma.width)] as const
  const difference = (plane: 1 | 2) =>
    Array.from({ length: chroma.width * chroma.height }, (_, i) => at(...place(i))[plane])
  const planes = Uint8Array.from([...luma, ...difference(1), ...difference(2)])
  expect(planes).toHaveLength(planesBytes(size))
  return { ...size, planes }
}

const sampled = (columns: 1 | 2, rows: 1 | 2, x = 0, y = 0): Encoding => ({
  ...{ matrix: 'bt709', fullRange: true, chroma: { columns, rows, x, y } },
})

describe('colors of planes', () => {
  // Otherwise kits would have other colors than in the video, by the standards' own formulas.
  test.each<[ColorMatrix, boolean, number, number]>([
    ['bt601', false, 0.299, 0.114],
    ['bt601', true, 0.299, 0.114],
    ['bt709', false, 0.2126, 0.0722],
    ['bt709', true, 0.2126, 0.0722],
    ['bt2020', false, 0.2627, 0.0593],
    ['fcc', false, 0.3, 0.11],
    ['smpte240m', false, 0.212, 0.087],
  ])('a flat patch of %s is right to one level, full range: %s', (matrix, fullRange, kr, kb) => {
    const colors = [
      [200, 40, 40],
      [40, 60, 180],
      [240, 210, 40],
      [0, 0, 0],
      [255, 255, 255],
    ] as const
    for (const color of colors) {
      const [r, g, b] = color
      const luma = kr * r + (1 - kr - kb) * g + kb * b
      const differences = [(b - luma) / (2 - 2 * kb), (r - luma) / (2 - 2 * kr)] as const
      const [scale, chroma, black] = fullRange ? [1, 1, 0] : [219 / 255, 224 / 255, 16]
      const yuv: Yuv = [
        Math.round(black + scale * luma),
        Math.min(255, Math.round(128 + chroma * differences[0])),
        Math.min(255, Math.round(128 + chroma * differences[1])),
      ]
      const picture = drawn(5, 4, { matrix, fullRange, chroma: sampled(2, 2).chroma }, () => yuv)
      const rgb = rgbOf(picture)
      // Rounding the samples alone moves blue by up to one and a half.
      for (let i = 0; i < rgb.length; i++) expect(Math.abs(rgb[i]! - color[i % 3]!)).toBeLessThanOrEqual(2)
      const read = colorReader(picture)(4, 3)
      expect([read >> 16, (read >> 8) & 255, read & 255]).toEqual([...rgb.subarray(0, 3)])
    }
  })

  test('planes of green, blue and red are copied', () => {
    // Otherwise a video in RGB would lose levels.
    const encoding = { ...sampled(1, 1), matrix: 'rgb' } as const
    const rgb = rgbOf(drawn(7, 5, encoding, (x, y) => [x * 30, y * 50, 255 - x]))
    for (let i = 0; i < 35; i++)
      expect([...rgb.subarray(3 * i, 3 * i + 3)]).toEqual([
        255 - (i % 7),
        (i % 7) * 30,
        Math.floor(i / 7) * 50,
      ])
  })

  // Otherwise colors would lie beside the players: chroma is stored at one of these places.
  test.each([
    ['left', sampled(2, 2, 0, 0.5)],
    ['center', sampled(2, 2, 0.5, 0.5)],
    ['top left', sampled(2, 2, 0, 0)],
    ['right, of a mirrored picture', sampled(2, 2, 1, 0.5)],
    ['left, of a picture without its first column', sampled(2, 2, -1, 0.5)],
    ['4:2:2', sampled(2, 1, 0, 0)],
    ['4:4:0', sampled(1, 2, 0, 0.5)],
    ['4:4:4', sampled(1, 1)],
  ])('a ramp stays a ramp where chroma is sampled at the %s', (_, encoding) => {
    const [red, green] = [2 - 2 * 0.2126, (-(2 - 2 * 0.2126) * 0.2126) / 0.7152]
    const picture = drawn(31, 23, encoding, (x, y) => [100, 128, 128 + 2 * x - 2 * y])
    const region = { x: 5, y: 6, width: 20, height: 11 }
    const rgb = rgbOf(picture, region)
    for (let y = 0; y < region.height; y++) {
      for (let x = 0; x < region.width; x++) {
        const difference = 2 * (x + region.x) - 2 * (y + region.y)
        const p = (y * region.width + x) * 3
        const expected = [100 + red * difference, 100 + green * difference, 100]
        for (const [c, value] of expected.entries()) expect(Math.abs(rgb[p + c]! - value)).toBeLessThan(0.6)
      }
    }
  })

  test('a region has the pixels that the whole picture has there', () => {
    // Otherwise the color of a player would depend on where the crop begins.
    const picture = drawn(33, 21, sampled(2, 2, 0, 0.5), (x, y) => [
      (x * 37 + y * 91) & 255,
      Math.round(x * 71 + y * 13) & 255,
      Math.round(x * 11 + y * 53) & 255,
    ])
    const whole = rgbOf(picture)
    for (const region of [
      { x: 0, y: 0, width: 5, height: 5 },
      { x: 1, y: 1, width: 1, height: 1 },
      { x: 27, y: 14, width: 6, height: 7 },
      { x: 12, y: 3, width: 9, height: 18 },
    ]) {
      const rgb = rgbOf(picture, region)
      for (let y = 0; y < region.height; y++) {
        const start = ((region.y + y) * 33 + region.x) * 3
        const row = rgb.subarray(y * region.width * 3, (y + 1) * region.width * 3)
        expect(row).toEqual(whole.subarray(start, start + region.width * 3))
      }
    }
  })
})
