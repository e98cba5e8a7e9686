import type { Xyxy } from '../../types.js'
import type { Luma } from './luma.js'

/** Rows that a player is averaged down to first, so that a near player is measured by the same details as a far one. */
const ROWS = 32

/**
 * Variance of the Laplacian of a box's luma, 0 to 255, at a height of 32 pixels, to hundredths: small for what is blurred,
 * whatever its size. Boxes less tall are measured as they are. 0 for a box without an inner pixel.
 * Source: Pech-Pacheco et al. 2000, Diatom autofocusing in brightfield microscopy.
 */
export function sharpnessOf(picture: Luma, box: Xyxy): number {
  const left = Math.max(0, Math.floor(box[0]))
  const top = Math.max(0, Math.floor(box[1]))
  const width = Math.min(picture.width, Math.ceil(box[2])) - left
  const height = Math.min(picture.height, Math.ceil(box[3])) - top
  if (width < 3 || height < 3) return 0
  const rows = Math.min(ROWS, height)
  const columns = Math.max(3, Math.round((width * rows) / height))
  const grid = lumaGrid(picture, [left, top, width, height], columns, rows)
  return Math.round(varianceOfLaplacian(grid, columns, rows) * 100) / 100
}

/**
 * The luma of a part of a picture, averaged over the cells of a grid, row by row; 0 to 255.
 * @param area left, top, width, height, whole pixels inside the picture; at least as many as there are cells.
 */
export function lumaGrid(
  { samples, black, gain, width: stride }: Luma,
  [left, top, width, height]: readonly [number, number, number, number],
  columns: number,
  rows: number,
): Float64Array {
  const sums = new Float64Array(columns * rows)
  const counts = new Uint32Array(columns * rows)
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns
    for (let x = 0, at = (top + y) * stride + left; x < width; x++, at++) {
      const cell = row + Math.floor((x * columns) / width)
      sums[cell]! += samples[at]!
      counts[cell]!++
    }
  }
  return sums.map((sum, cell) => (sum / counts[cell]! - black) * gain)
}

function varianceOfLaplacian(luma: Float64Array, columns: number, rows: number): number {
  let [sum, squares] = [0, 0]
  for (let row = 1; row < rows - 1; row++) {
    for (let at = row * columns + 1, end = at + columns - 2; at < end; at++) {
      const laplacian =
        4 * luma[at]! - luma[at - 1]! - luma[at + 1]! - luma[at - columns]! - luma[at + columns]!
      sum += laplacian
      squares += laplacian * laplacian
    }
  }
  const n = (columns - 2) * (rows - 2)
  return squares / n - (sum / n) ** 2
}
