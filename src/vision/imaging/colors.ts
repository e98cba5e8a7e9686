import type { ColorMatrix, Encoding, Picture } from '../../types.js'
import { kernels } from '../kernels/kernels.js'
import { workMemory } from '../kernels/work-memory.js'
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

/** Pixels that are converted together. */
const bandPixels = 1 << 15

/** As `rgbOf`, into an array. Chroma is interpolated by cubics: between samples, the outlines of players are. */
export function writeRgb(picture: Picture, region: Region, rgb: Uint8Array): void {
  const rows = Math.max(1, Math.floor(bandPixels / region.width))
  for (let y = 0; y < region.height; y += rows) {
    const band = { ...region, y: region.y + y, height: Math.min(rows, region.height - y) }
    rgb.set(bandOf(picture, band), y * region.width * 3)
  }
}

/** Neighbors of a place, in each direction, that cubics take: one before it, two behind it, and it or the next. */
const taps = 4

/** RGB of a few rows, in work memory. */
function bandOf(picture: Picture, region: Region): Uint8Array {
  const { encoding } = picture
  const { chroma } = encoding
  const { x, y, width, height } = region
  const [luma, second, third] = planesOf(picture)
  const size = chromaSize(picture)
  const [startX, startY] = [x - chroma.x, y - chroma.y]
  const samples = {
    x: Math.floor(startX / chroma.columns) - 1,
    y: Math.floor(startY / chroma.rows) - 1,
    width: Math.ceil(width / chroma.columns) + taps,
    height: Math.ceil(height / chroma.rows) + taps,
  }
  const [pixels, count, line] = [width * height, samples.width * samples.height, samples.width + width + 128]
  workMemory.reset(4 * pixels + 2 * count + 8 * line + 48)
  const bytes = workMemory.bytes(pixels)
  const [blues, reds] = [workMemory.bytes(count), workMemory.bytes(count)]
  copyClamped(luma, picture, region, bytes)
  copyClamped(second, size, samples, blues)
  copyClamped(third, size, samples, reds)
  const weights = workMemory.floats(12)
  weights.set(rowsToRgb(encoding).flat())
  const rgb = workMemory.bytes(3 * pixels)
  kernels.planesToRgb(
    bytes.byteOffset,
    blues.byteOffset,
    reds.byteOffset,
    width,
    height,
    samples.width,
    startX,
    chroma.columns,
    startY,
    chroma.rows,
    weights.byteOffset,
    workMemory.floats(2 * line).byteOffset,
    rgb.byteOffset,
  )
  return rgb
}

/** Copies a region of a plane; outside of it are the samples of its edges. */
function copyClamped(plane: Uint8Array, size: Omit<Region, 'x' | 'y'>, region: Region, to: Uint8Array): void {
  const { x, y, width, height } = region
  const isInside = x >= 0 && x + width <= size.width
  for (let row = 0, at = 0; row < height; row++) {
    const start = clamp(y + row, size.height) * size.width
    if (isInside) {
      to.set(plane.subarray(start + x, start + x + width), at)
      at += width
    } else {
      for (let column = 0; column < width; column++, at++)
        to[at] = plane[start + clamp(x + column, size.width)]!
    }
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
