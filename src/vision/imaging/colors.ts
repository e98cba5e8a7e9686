import type { ColorMatrix, Encoding, Picture } from '../../types.js'
import { chromaSize, planesOf } from './planes.js'

/** Weights of red and blue in luma: ITU-T H.273, table 4. */
const weights: Record<ColorMatrix, readonly [red: number, blue: number]> = {
  bt601: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  bt2020: [0.2627, 0.0593],
  fcc: [0.3, 0.11],
  smpte240m: [0.212, 0.087],
}

/** Weights of the samples of the three planes in one color, and a constant. */
export type ColorRow = readonly [first: number, second: number, third: number, constant: number]

/** From the samples of a pixel to its red, green and blue, 0 to 255; strong colors may lie outside. */
export function rowsToRgb({ matrix, fullRange }: Encoding): readonly [ColorRow, ColorRow, ColorRow] {
  if (matrix === 'rgb') {
    return [
      [0, 0, 1, 0],
      [1, 0, 0, 0],
      [0, 1, 0, 0],
    ]
  }
  const [red, blue] = weights[matrix]
  const green = 1 - red - blue
  const [luma, chroma, black] = fullRange ? [1, 1, 0] : [255 / 219, 255 / 224, 16]
  const row = (blueDifference: number, redDifference: number): ColorRow => {
    const [second, third] = [chroma * blueDifference, chroma * redDifference]
    return [luma, second, third, -luma * black - 128 * (second + third)]
  }
  const [toRed, toBlue] = [2 * (1 - red), 2 * (1 - blue)]
  return [row(0, toRed), row((-toBlue * blue) / green, (-toRed * red) / green), row(toBlue, 0)]
}

/** A part of a picture, in pixels, which only the rows of a part that a network looks at may be fractions of. */
export interface Region {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Interleaved 8-bit RGB of a region of a picture, `width * height * 3` bytes. */
export function rgbOf(
  picture: Picture,
  region: Region = { x: 0, y: 0, ...picture },
): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array(region.width * region.height * 3)
  writeRgb(picture, region, rgb)
  return rgb
}

/** As `rgbOf`, into an array. Chroma is interpolated by cubics: between samples, the outlines of players are. */
export function writeRgb(picture: Picture, region: Region, rgb: Uint8Array): void {
  const { width: stride, encoding } = picture
  const [luma, second, third] = planesOf(picture)
  const size = chromaSize(picture)
  const { chroma } = encoding
  const columns = cubics(region.x, chroma.columns, chroma.x)
  const rows = cubics(region.y, chroma.rows, chroma.y)
  // Chroma samples that are needed for a row.
  const [lineStart] = columns(0)
  const line = new Int32Array(columns(region.width - 1)[0] + taps - lineStart)
  for (let i = 0; i < line.length; i++) line[i] = clamp(lineStart + i, size.width)
  const [secondLine, thirdLine] = [new Float64Array(line.length), new Float64Array(line.length)]
  const [red, green, blue] = rowsToRgb(encoding)
  const [r0, r1, r2, r3] = red
  const [g0, g1, g2, g3] = green
  const [b0, b1, b2, b3] = blue

  for (let y = 0; y < region.height; y++) {
    const [first, wa, wb, wc, wd] = rows(y)
    const [a, b, c, d] = [0, 1, 2, 3].map(tap => clamp(first + tap, size.height) * size.width) as Four
    for (let i = 0; i < line.length; i++) {
      const x = line[i]!
      secondLine[i] = wa * second[a + x]! + wb * second[b + x]! + wc * second[c + x]! + wd * second[d + x]!
      thirdLine[i] = wa * third[a + x]! + wb * third[b + x]! + wc * third[c + x]! + wd * third[d + x]!
    }
    const start = (region.y + y) * stride + region.x
    // Pixels at even and at odd places have weights of their own.
    for (let place = 0; place < chroma.columns && place < region.width; place++) {
      const [firstAt, va, vb, vc, vd] = columns(place)
      let at = firstAt - lineStart
      for (let x = place, p = (y * region.width + place) * 3; x < region.width; x += chroma.columns) {
        const u = luma[start + x]!
        const v =
          va * secondLine[at]! +
          vb * secondLine[at + 1]! +
          vc * secondLine[at + 2]! +
          vd * secondLine[at + 3]!
        const w =
          va * thirdLine[at]! + vb * thirdLine[at + 1]! + vc * thirdLine[at + 2]! + vd * thirdLine[at + 3]!
        rgb[p] = level(r0 * u + r1 * v + r2 * w + r3)
        rgb[p + 1] = level(g0 * u + g1 * v + g2 * w + g3)
        rgb[p + 2] = level(b0 * u + b1 * v + b2 * w + b3)
        at++
        p += 3 * chroma.columns
      }
    }
  }
}

type Four = [number, number, number, number]

const taps = 4

/**
 * Catmull-Rom cubics through the samples of a plane that has one for `step` pixels.
 * @returns the first of four samples for a pixel, and their weights.
 */
function cubics(start: number, step: number, firstSample: number) {
  return (pixel: number): [first: number, ...weights: Four] => {
    const at = (start + pixel - firstSample) / step
    const t = at - Math.floor(at)
    return [
      Math.floor(at) - 1,
      ((2 - t) * t - 1) * t * 0.5,
      ((3 * t - 5) * t * t + 2) * 0.5,
      ((4 - 3 * t) * t + 1) * t * 0.5,
      (t - 1) * t * t * 0.5,
    ]
  }
}

/** The nearest of the indices of `size` values. */
export const clamp = (value: number, size: number): number => Math.min(size - 1, Math.max(0, value))

/**
 * Creates the function that reads the color of one pixel, as `red << 16 | green << 8 | blue`, with the chroma sample whose
 * area holds it: for colors of surfaces, not of outlines.
 */
export function colorReader(picture: Picture): (x: number, y: number) => number {
  const { width, encoding } = picture
  const [luma, second, third] = planesOf(picture)
  const chromaWidth = chromaSize(picture).width
  const [xShift, yShift] = [encoding.chroma.columns >> 1, encoding.chroma.rows >> 1]
  const [red, green, blue] = rowsToRgb(encoding)
  const [r0, r1, r2, r3] = red
  const [g0, g1, g2, g3] = green
  const [b0, b1, b2, b3] = blue
  return (x, y) => {
    const at = (y >> yShift) * chromaWidth + (x >> xShift)
    const u = luma[y * width + x]!
    const v = second[at]!
    const w = third[at]!
    const r = level(r0 * u + r1 * v + r2 * w + r3)
    const g = level(g0 * u + g1 * v + g2 * w + g3)
    const b = level(b0 * u + b1 * v + b2 * w + b3)
    return (r << 16) | (g << 8) | b
  }
}

const level = (value: number): number => (value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0)
