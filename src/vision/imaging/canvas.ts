import type { Pixels } from '../../types.js'

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
 * A picture laid out for bilinear sampling: four bytes per pixel, so that a pixel is read as one word (little-endian:
 * red lowest, the highest byte zero), and a border of one pixel, so that the edge needs no checks.
 */
export interface Canvas {
  /** Size of the picture without its border, in pixels. */
  readonly width: number
  readonly height: number
  readonly words: Int32Array
  /** View on the same memory, which rounds and clamps written values. */
  readonly bytes: Uint8ClampedArray
}

/** @param fill color of the border, which `warp` also uses outside of it; whole numbers. */
export function canvasOf({ width, height, rgb }: Pixels, fill: Rgb): Canvas {
  const words = new Int32Array((width + 2) * (height + 2)).fill(packed(...fill))
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0, q = (y + 1) * (width + 2) + 1; x < width; x++, q++, p += 3) {
      words[q] = packed(rgb[p]!, rgb[p + 1]!, rgb[p + 2]!)
    }
  }
  return { width, height, words, bytes: new Uint8ClampedArray(words.buffer) }
}

const packed = (red: number, green: number, blue: number): number => red | (green << 8) | (blue << 16)

/**
 * Applies brightness, contrast, saturation and hue as one affine map of the color; hue rotates the chroma plane of YIQ,
 * which keeps the luma. With a mask, only the player's pixels are changed.
 * @param canvas of the same picture; the changed pixels are written to it.
 */
export function jitterColor(
  { width, height, rgb, mask }: Pixels & { mask?: Uint8Array },
  jitter: Jitter,
  { bytes }: Canvas,
): void {
  const pivot = jitter.brightness * meanLuma(rgb, mask) * (1 - jitter.contrast)
  const [rr, rg, rb] = jittered(0.956, 0.621, jitter)
  const [gr, gg, gb] = jittered(-0.272, -0.647, jitter)
  const [br, bg, bb] = jittered(-1.106, 1.703, jitter)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0, q = ((y + 1) * (width + 2) + 1) * 4; x < width; x++, i++, q += 4) {
      if (mask !== undefined && mask[i] === 0) continue
      const r = rgb[i * 3]!
      const g = rgb[i * 3 + 1]!
      const b = rgb[i * 3 + 2]!
      bytes[q] = rr * r + rg * g + rb * b + pivot
      bytes[q + 1] = gr * r + gg * g + gb * b + pivot
      bytes[q + 2] = br * r + bg * g + bb * b + pivot
    }
  }
}

/** Weights of red, green and blue in an output channel, which is luma plus `ofI` and `ofQ` of the rotated chroma. */
function jittered(ofI: number, ofQ: number, { brightness, contrast, saturation, hue }: Jitter): Rgb {
  const cos = Math.cos(hue * 2 * Math.PI)
  const sin = Math.sin(hue * 2 * Math.PI)
  const weight = (y: number, i: number, q: number) =>
    brightness * contrast * (y + saturation * (ofI * (cos * i - sin * q) + ofQ * (sin * i + cos * q)))
  return [weight(Y[0], I[0], Q[0]), weight(Y[1], I[1], Q[1]), weight(Y[2], I[2], Q[2])]
}

function meanLuma(rgb: Uint8Array, mask: Uint8Array | undefined): number {
  let sum = 0
  let n = 0
  for (let i = 0, p = 0; p < rgb.length; i++, p += 3) {
    if (mask !== undefined && mask[i] === 0) continue
    sum += Y[0] * rgb[p]! + Y[1] * rgb[p + 1]! + Y[2] * rgb[p + 2]!
    n++
  }
  return n === 0 ? 0 : sum / n
}

/**
 * Flips, rotates and shifts in one pass, by inverse mapping with bilinear interpolation. Outside of the picture it uses
 * the color of the canvas's border.
 * @returns `width * height * 3` new bytes.
 */
export function warp(
  { width, height, words }: Canvas,
  { flip, radians, shiftX, shiftY }: Warp,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(width * height * 3)
  const out = new Uint8ClampedArray(bytes.buffer)
  const cos = Math.cos(radians)
  const sin = Math.sin(radians)
  const cx = (width - 1) / 2
  const cy = (height - 1) / 2
  const mirror = flip ? -1 : 1
  const stride = width + 2
  const fill = words[0]!
  for (let y = 0, p = 0; y < height; y++) {
    const dy = y - cy - shiftY
    const sinDy = sin * dy
    const cosDy = cos * dy
    for (let x = 0; x < width; x++, p += 3) {
      const dx = x - cx - shiftX
      const fromX = cx + mirror * (cos * dx + sinDy)
      const fromY = cy - sin * dx + cosDy
      const x0 = Math.floor(fromX) | 0 // `| 0` lets the compiler use integers
      const y0 = Math.floor(fromY) | 0
      if (x0 < -1 || y0 < -1 || x0 >= width || y0 >= height) {
        put(bytes, p, fill)
        continue
      }
      const at = (y0 + 1) * stride + x0 + 1
      const a = words[at]!
      const b = words[at + 1]!
      const c = words[at + stride]!
      const d = words[at + stride + 1]!
      if (a === b && a === c && a === d) {
        put(bytes, p, a) // as in a removed background
      } else {
        const fx = fromX - x0
        const fy = fromY - y0
        out[p] = bilinear(a & 255, b & 255, c & 255, d & 255, fx, fy)
        out[p + 1] = bilinear((a >> 8) & 255, (b >> 8) & 255, (c >> 8) & 255, (d >> 8) & 255, fx, fy)
        out[p + 2] = bilinear(a >> 16, b >> 16, c >> 16, d >> 16, fx, fy)
      }
    }
  }
  return bytes
}

function put(rgb: Uint8Array, at: number, word: number): void {
  rgb[at] = word
  rgb[at + 1] = word >> 8
  rgb[at + 2] = word >> 16
}

/** Interpolates between the corners of a unit square: `a` and `b` at the top, `c` and `d` at the bottom. */
function bilinear(a: number, b: number, c: number, d: number, fx: number, fy: number): number {
  const top = a * (1 - fx) + b * fx
  const bottom = c * (1 - fx) + d * fx
  return top * (1 - fy) + bottom * fy
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
