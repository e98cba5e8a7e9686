import type { Frame, Xyxy } from '../types.js'

/** Every second pixel of every second row tells as much as all of them, in a quarter of the time. */
const STEP = 2

/**
 * Variance of the Laplacian of a box's luma: small for what is blurred. Luma from 0 to 255, so that the
 * value is in squares of that. Source: Pech-Pacheco et al. 2000, Diatom autofocusing in brightfield microscopy.
 */
export function sharpnessOf({ rgb, width, height }: Frame, [x1, y1, x2, y2]: Xyxy): number {
  const [left, top] = [Math.max(1, Math.floor(x1)), Math.max(1, Math.floor(y1))]
  const [right, bottom] = [Math.min(width - 1, Math.ceil(x2)), Math.min(height - 1, Math.ceil(y2))]
  const row = width * 3
  let [sum, squares, n] = [0, 0, 0]
  for (let y = top; y < bottom; y += STEP) {
    for (let x = left, p = y * row + left * 3; x < right; x += STEP, p += 3 * STEP) {
      const laplacian =
        4 * luma(rgb, p) - luma(rgb, p - 3) - luma(rgb, p + 3) - luma(rgb, p - row) - luma(rgb, p + row)
      sum += laplacian
      squares += laplacian * laplacian
      n++
    }
  }
  return n === 0 ? 0 : squares / n - (sum / n) ** 2
}

/** ITU-R BT.601, in 256ths. */
const luma = (rgb: Uint8Array, p: number): number =>
  (77 * rgb[p]! + 150 * rgb[p + 1]! + 29 * rgb[p + 2]!) >> 8
