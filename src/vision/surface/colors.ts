import type { Pixels } from '../../types.js'
import type { WorkMemory } from './work-memory.js'

/** A picture in YCoCg (Malvar and Sullivan 2003): luma, Co and Cg in 8-bit levels, interleaved, row-major. */
export interface Colors {
  readonly width: number
  readonly height: number
  readonly data: Float32Array
}

/** Converts to YCoCg and applies a 3 × 3 mean filter, cut at the edges. */
export function smooth({ width, height, rgb }: Pixels, memory: WorkMemory): Colors {
  const stride = width * 3
  const data = memory.floats(stride * height)
  for (let y = 0, i = 0; y < height; y++) {
    const top = Math.max(0, y - 1) * stride
    const bottom = Math.min(height, y + 2) * stride
    const rows = (bottom - top) / stride
    const share = 1 / (3 * rows)
    const shareAtEdge = 1 / (Math.min(2, width) * rows)
    // Sums of the column to the left of the pixel, its own and the one to the right.
    let r0 = 0
    let g0 = 0
    let b0 = 0
    let r1 = 0
    let g1 = 0
    let b1 = 0
    for (let p = top; p < bottom; p += stride) {
      r1 += rgb[p]!
      g1 += rgb[p + 1]!
      b1 += rgb[p + 2]!
    }
    for (let x = 0; x < width; x++, i += 3) {
      let r2 = 0
      let g2 = 0
      let b2 = 0
      const isLast = x === width - 1
      if (!isLast) {
        for (let p = top + x * 3 + 3; p < bottom; p += stride) {
          r2 += rgb[p]!
          g2 += rgb[p + 1]!
          b2 += rgb[p + 2]!
        }
      }
      const r = r0 + r1 + r2
      const g = g0 + g1 + g2
      const b = b0 + b1 + b2
      const part = x === 0 || isLast ? shareAtEdge : share
      data[i] = ((r + 2 * g + b) / 4) * part
      data[i + 1] = (r - b) * part
      data[i + 2] = (g - (r + b) / 2) * part
      r0 = r1
      g0 = g1
      b0 = b1
      r1 = r2
      g1 = g2
      b1 = b2
    }
  }
  return { width, height, data }
}
