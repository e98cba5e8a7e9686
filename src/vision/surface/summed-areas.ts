import type { Pixels } from '../../types.js'
import type { WorkMemory } from './work-memory.js'

/**
 * Summed-area table (Crow 1984), which gives the sum over a rectangle by four look-ups; exact up to eight million pixels.
 * @param selected nonzero for the pixels that are summed.
 * @returns sums of red, green, blue and number of the selected pixels above and to the left of each pixel corner,
 * `(width + 1) * (height + 1) * 4` numbers.
 */
export function sumAreas(
  { width, height, rgb }: Pixels,
  selected: Uint8Array,
  memory: WorkMemory,
): Int32Array {
  const stride = (width + 1) * 4
  const table = memory.ints(stride * (height + 1))
  table.fill(0, 0, stride)
  for (let y = 0, i = 0, p = 0, to = stride; y < height; y++) {
    let r = 0
    let g = 0
    let b = 0
    let n = 0
    table.fill(0, to, to + 4)
    to += 4
    for (let x = 0; x < width; x++, i++, p += 3, to += 4) {
      if (selected[i] !== 0) {
        r += rgb[p]!
        g += rgb[p + 1]!
        b += rgb[p + 2]!
        n++
      }
      table[to] = table[to - stride]! + r
      table[to + 1] = table[to - stride + 1]! + g
      table[to + 2] = table[to - stride + 2]! + b
      table[to + 3] = table[to - stride + 3]! + n
    }
  }
  return table
}

/**
 * Sums the selected pixels in the square of `2 * radius + 1` pixels around a pixel, cut at the edges.
 * @param sums set to the sums of luma, Co, Cg and the number of pixels.
 */
export function sumSquare(
  sums: Float64Array,
  table: Int32Array,
  width: number,
  height: number,
  x: number,
  y: number,
  radius: number,
): void {
  const stride = (width + 1) * 4
  const left = Math.max(0, x - radius) * 4
  const right = Math.min(width, x + radius + 1) * 4
  const top = Math.max(0, y - radius) * stride
  const bottom = Math.min(height, y + radius + 1) * stride
  const a = top + left
  const b = top + right
  const c = bottom + left
  const d = bottom + right
  const red = table[d]! - table[b]! - table[c]! + table[a]!
  const green = table[d + 1]! - table[b + 1]! - table[c + 1]! + table[a + 1]!
  const blue = table[d + 2]! - table[b + 2]! - table[c + 2]! + table[a + 2]!
  sums[0] = (red + 2 * green + blue) / 4
  sums[1] = red - blue
  sums[2] = green - (red + blue) / 2
  sums[3] = table[d + 3]! - table[b + 3]! - table[c + 3]! + table[a + 3]!
}
