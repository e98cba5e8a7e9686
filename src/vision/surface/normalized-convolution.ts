import type { Colors } from './colors.js'
import type { WorkMemory } from './work-memory.js'

/** Weight of the prior, the mean over the larger radius, as a number of pixels. */
export const priorPixels = 4

/**
 * For each pixel the mean of the nearby pixels with weight 1 (normalized convolution, Knutsson and Westin 1993). Where
 * few of them are within the near radius, the mean of the far radius dominates, and finally that of the whole picture.
 * @param weight 0 or 1 for each pixel.
 */
export function normalizedConvolution(
  { width, height, data }: Colors,
  weight: Uint8Array,
  { near, far }: { readonly near: number; readonly far: number },
  memory: WorkMemory,
): Colors {
  const size = width * height
  // Four numbers per pixel, the weighted color and the weight: their sums give numerator and denominator of the mean.
  const weighted = memory.floats(size * 4)
  let y = 0
  let co = 0
  let cg = 0
  let total = 0
  for (let i = 0, p = 0, q = 0; i < size; i++, p += 3, q += 4) {
    const w = weight[i]!
    const wy = w * data[p]!
    const wco = w * data[p + 1]!
    const wcg = w * data[p + 2]!
    weighted[q] = wy
    weighted[q + 1] = wco
    weighted[q + 2] = wcg
    weighted[q + 3] = w
    y += wy
    co += wco
    cg += wcg
    total += w
  }
  const mean = memory.floats(size * 3)
  const all = Math.max(1, total)
  fillPixels(mean, y / all, co / all, cg / all)
  const rows = memory.floats((height + 1) * width * 4)
  const sums = memory.floats(width * 4)
  for (const radius of [far, near]) {
    sumAlongRows(weighted, rows, width, height, radius)
    updateMeans(mean, rows, sums, width, height, radius)
  }
  return { width, height, data: mean }
}

/** Running sums over `2 * radius + 1` pixels of each row, cut at its ends. */
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
 * Updates each mean with the pixels of weight 1 in the square around it; the old mean counts as `priorPixels` of them.
 * @param rows sums along the rows, and space for one more row.
 * @param sums space for one row.
 */
function updateMeans(
  mean: Float32Array,
  rows: Float32Array,
  sums: Float32Array,
  width: number,
  height: number,
  radius: number,
): void {
  const stride = width * 4
  // A row of zeros, for the rows above and below the picture.
  const zeros = height * stride
  rows.fill(0, zeros)
  sums.fill(0)
  for (let row = 0, i = 0; row < Math.min(radius, height); row++)
    for (let c = 0; c < stride; c++, i++) sums[c]! += rows[i]!
  // All columns together, row by row, for sequential memory access. Sums are rounded to the precision of `sums`.
  for (let row = 0, i = 0; row < height; row++) {
    let enters = row + radius < height ? (row + radius) * stride : zeros
    let leaves = row >= radius ? (row - radius) * stride : zeros
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
