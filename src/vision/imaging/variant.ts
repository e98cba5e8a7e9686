import type { Pixels } from '../../types.js'
import { kernels } from '../kernels/kernels.js'
import { workMemory } from '../kernels/work-memory.js'

/** 0 to 255 each. */
export type Rgb = readonly [number, number, number]

export interface Jitter {
  /** Factors; 1 has no effect. */
  readonly brightness: number
  readonly contrast: number
  readonly saturation: number
  /** Rotation of the hue in turns, from -0.5 to 0.5; 0 has no effect. */
  readonly hue: number
}

export interface Warp {
  /** Horizontal mirroring. */
  readonly flip: boolean
  /** Clockwise rotation around the center. */
  readonly radians: number
  /** Pixels to the right and down. */
  readonly shiftX: number
  readonly shiftY: number
}

export interface Rect {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Weights of red, green and blue in YIQ: luma (ITU-R BT.601) and the two chroma components. */
const Y: Rgb = [0.299, 0.587, 0.114]
const I: Rgb = [0.596, -0.274, -0.322]
const Q: Rgb = [0.211, -0.523, 0.312]

/**
 * A variant of a picture. First brightness, contrast, saturation and hue, as one affine map of the color; hue rotates the
 * chroma plane of YIQ, which keeps the luma. With a mask, only the player's pixels are changed. Then it is flipped, rotated
 * and shifted in one pass, by inverse mapping with bilinear interpolation.
 * @param fill color outside of the picture; whole numbers.
 * @returns `width * height * 3` new bytes.
 */
export function variantOf(
  { width, height, rgb, mask }: Pixels & { mask?: Uint8Array },
  jitter: Jitter,
  moved: Warp,
  fill: Rgb,
): Uint8Array<ArrayBuffer> {
  const size = width * height
  workMemory.reset(16 * (width + 2) * (height + 2))
  const given = workMemory.copyOf(rgb).byteOffset
  const inside = workMemory.bytes(size)
  if (mask === undefined) inside.fill(255)
  else inside.set(mask)
  const mean = kernels.meanLuma(given, inside.byteOffset, size)
  const colors = workMemory.floats(16)
  colors.set(colorMap(jitter, mean))
  const words = workMemory.ints((width + 2) * (height + 2)).byteOffset
  const border = fill[0] | (fill[1] << 8) | (fill[2] << 16)
  kernels.layOut(given, inside.byteOffset, width, height, border, colors.byteOffset, words)
  const warped = workMemory.bytes(3 * size)
  kernels.warp(words, width, height, ...inverseOf(moved, width, height), warped.byteOffset)
  return warped.slice()
}

/** Weights of red, of green and of blue in the new red, green and blue, and what is added to them; four numbers each. */
function colorMap(jitter: Jitter, meanLuma: number): number[] {
  const pivot = jitter.brightness * meanLuma * (1 - jitter.contrast)
  const rows = [
    jittered(0.956, 0.621, jitter),
    jittered(-0.272, -0.647, jitter),
    jittered(-1.106, 1.703, jitter),
  ]
  const column = (from: 0 | 1 | 2) => [...rows.map(row => row[from]), 0]
  return [...column(0), ...column(1), ...column(2), pivot, pivot, pivot, 0]
}

/** Weights of red, green and blue in an output channel, which is luma plus `ofI` and `ofQ` of the rotated chroma. */
function jittered(ofI: number, ofQ: number, { brightness, contrast, saturation, hue }: Jitter): Rgb {
  const cos = Math.cos(hue * 2 * Math.PI)
  const sin = Math.sin(hue * 2 * Math.PI)
  const weight = (y: number, i: number, q: number) =>
    brightness * contrast * (y + saturation * (ofI * (cos * i - sin * q) + ofQ * (sin * i + cos * q)))
  return [weight(Y[0], I[0], Q[0]), weight(Y[1], I[1], Q[1]), weight(Y[2], I[2], Q[2])]
}

/** Where the first pixel comes from, and how much further one comes from to the right and below; x and y each. */
function inverseOf({ flip, radians, shiftX, shiftY }: Warp, width: number, height: number) {
  const cos = Math.cos(radians)
  const sin = Math.sin(radians)
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2]
  const [dx, dy] = [-cx - shiftX, -cy - shiftY]
  const mirror = flip ? -1 : 1
  const start = [cx + mirror * (cos * dx + sin * dy), cy - sin * dx + cos * dy] as const
  return [...start, mirror * cos, -sin, mirror * sin, cos] as const
}

/** Fills a rectangle with one color, in place. */
export function erase(
  rgb: Uint8Array,
  width: number,
  { left, top, width: w, height: h }: Rect,
  [red, green, blue]: Rgb,
): void {
  for (let y = top; y < top + h; y++) {
    for (let p = (y * width + left) * 3, end = p + w * 3; p < end; p += 3) {
      rgb[p] = red
      rgb[p + 1] = green
      rgb[p + 2] = blue
    }
  }
}
