import type { Pixels } from '../types.js'

/** Luma and two differences of colour (the YCoCg transform, Malvar and Sullivan 2003), 8-bit levels, row-major. */
export interface Planes {
  readonly width: number
  readonly height: number
  readonly y: Float32Array
  readonly co: Float32Array
  readonly cg: Float32Array
}

export function toPlanes({ width, height, rgb }: Pixels): Planes {
  const size = width * height
  const [y, co, cg] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)]
  for (let i = 0, p = 0; i < size; i++, p += 3) {
    const r = rgb[p]!
    const g = rgb[p + 1]!
    const b = rgb[p + 2]!
    y[i] = (r + 2 * g + b) / 4
    co[i] = r - b
    cg[i] = g - (r + b) / 2
  }
  return { width, height, y, co, cg }
}

/** Each pixel the mean of the 3 × 3 around it. */
export function smoothed({ width, height, y, co, cg }: Planes): Planes {
  const counts = boxSum(new Uint8Array(width * height).fill(1), width, height, 1)
  const smooth = (plane: Float32Array) => {
    const sums = boxSum(plane, width, height, 1)
    for (let i = 0; i < sums.length; i++) sums[i]! /= counts[i]!
    return sums
  }
  return { width, height, y: smooth(y), co: smooth(co), cg: smooth(cg) }
}

/** Sum over the square of `2 * radius + 1` pixels around each pixel, cut at the edges, by running sums. */
export function boxSum(
  source: Float32Array | Uint8Array,
  width: number,
  height: number,
  radius: number,
): Float32Array {
  const rows = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const start = y * width
    let sum = 0
    for (let x = 0; x < Math.min(radius, width); x++) sum += source[start + x]!
    for (let x = 0; x < width; x++) {
      if (x + radius < width) sum += source[start + x + radius]!
      rows[start + x] = sum
      if (x >= radius) sum -= source[start + x - radius]!
    }
  }
  // Down all columns at once, row by row, as memory lies.
  const out = new Float32Array(width * height)
  const sums = new Float32Array(width)
  const add = (y: number) => {
    for (let x = 0, i = y * width; x < width; x++, i++) sums[x]! += rows[i]!
  }
  for (let y = 0; y < Math.min(radius, height); y++) add(y)
  for (let y = 0; y < height; y++) {
    if (y + radius < height) add(y + radius)
    out.set(sums, y * width)
    if (y < radius) continue
    for (let x = 0, i = (y - radius) * width; x < width; x++, i++) sums[x]! -= rows[i]!
  }
  return out
}
