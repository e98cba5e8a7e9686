import type { Colors } from './colors.js'
import type { Scratch } from './work-memory.js'

/** As many near pixels weigh as much as the mean of the farther ones. */
export const priorPixels = 4

/**
 * The mean of nearby pixels, where those of weight 1 count (normalised convolution, Knutsson and Westin 1993):
 * where few are within the near radius it leans on the far one, and at last on the mean of all.
 * @param weight 0 or 1 for each pixel.
 */
export function nearbyMean(
  { width, height, data }: Colors,
  weight: Uint8Array,
  { near, far }: { readonly near: number; readonly far: number },
  scratch: Scratch,
): Colors {
  const size = width * height
  // Colors times their weight, and the weight as a fourth coordinate: one sum gives what to divide, and by what.
  const weighted = scratch.floats(size * 4)
  let y = 0
  let co = 0
  let cg = 0
  let total = 0
  for (let i = 0, from = 0, to = 0; i < size; i++, from += 3, to += 4) {
    const w = weight[i]!
    const wy = w * data[from]!
    const wco = w * data[from + 1]!
    const wcg = w * data[from + 2]!
    weighted[to] = wy
    weighted[to + 1] = wco
    weighted[to + 2] = wcg
    weighted[to + 3] = w
    y += wy
    co += wco
    cg += wcg
    total += w
  }
  const mean = scratch.floats(size * 3)
  const all = Math.max(1, total)
  fillPixels(mean, y / all, co / all, cg / all)
  const rows = scratch.floats((height + 1) * width * 4)
  const sums = scratch.floats(width * 4)
  for (const radius of [far, near]) {
    sumAlongRows(weighted, rows, width, height, radius)
    leanOnSquares(mean, rows, sums, width, height, radius)
  }
  return { width, height, data: mean }
}

/** Sums over `2 * radius + 1` pixels of a row, cut at its ends, by running sums. */
function sumAlongRows(
  source: Float32Array,
  rows: Float32Array,
  width: number,
  height: number,
  radius: number,
): void {
  const stride = width * 4
  const reach = radius * 4
  for (let start = 0; start < height * stride; start += stride) {
    const end = start + stride
    let y = 0
    let co = 0
    let cg = 0
    let n = 0
    const first = Math.min(start + reach, end)
    for (let i = start; i < first; i += 4) {
      y += source[i]!
      co += source[i + 1]!
      cg += source[i + 2]!
      n += source[i + 3]!
    }
    for (let i = start; i < end; i += 4) {
      const enters = i + reach
      if (enters < end) {
        y += source[enters]!
        co += source[enters + 1]!
        cg += source[enters + 2]!
        n += source[enters + 3]!
      }
      rows[i] = y
      rows[i + 1] = co
      rows[i + 2] = cg
      rows[i + 3] = n
      const leaves = i - reach
      if (leaves >= start) {
        y -= source[leaves]!
        co -= source[leaves + 1]!
        cg -= source[leaves + 2]!
        n -= source[leaves + 3]!
      }
    }
  }
}

/**
 * Moves each mean towards that of the square around its pixel, the more the more pixels there count.
 * @param rows sums along the rows, with room for one row more; @param sums room for one row.
 */
function leanOnSquares(
  mean: Float32Array,
  rows: Float32Array,
  sums: Float32Array,
  width: number,
  height: number,
  radius: number,
): void {
  const stride = width * 4
  // What lies above and below the picture.
  const nothing = height * stride
  rows.fill(0, nothing)
  sums.fill(0)
  for (let row = 0, i = 0; row < Math.min(radius, height); row++)
    for (let c = 0; c < stride; c++, i++) sums[c]! += rows[i]!
  // Down all columns at once, row by row, as memory lies. Sums are single-precision, as they are kept.
  for (let row = 0, i = 0; row < height; row++) {
    let enters = row + radius < height ? (row + radius) * stride : nothing
    let leaves = row >= radius ? (row - radius) * stride : nothing
    for (let c = 0; c < stride; c += 4, i += 3, enters += 4, leaves += 4) {
      const y = Math.fround(sums[c]! + rows[enters]!)
      const co = Math.fround(sums[c + 1]! + rows[enters + 1]!)
      const cg = Math.fround(sums[c + 2]! + rows[enters + 2]!)
      const n = sums[c + 3]! + rows[enters + 3]!
      const share = Math.fround(1 / (n + priorPixels))
      mean[i] = (y + priorPixels * mean[i]!) * share
      mean[i + 1] = (co + priorPixels * mean[i + 1]!) * share
      mean[i + 2] = (cg + priorPixels * mean[i + 2]!) * share
      sums[c] = y - rows[leaves]!
      sums[c + 1] = co - rows[leaves + 1]!
      sums[c + 2] = cg - rows[leaves + 2]!
      sums[c + 3] = n - rows[leaves + 3]!
    }
  }
}

function fillPixels(data: Float32Array, y: number, co: number, cg: number): void {
  for (let i = 0; i < data.length; i += 3) {
    data[i] = y
    data[i + 1] = co
    data[i + 2] = cg
  }
}
