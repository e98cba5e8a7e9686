import type { FrameThumbnail, Picture } from '../../types.js'
import { lumaPlane } from '../imaging/luma.js'

const longSide = 96
/** Samples along each side of a cell. */
const samples = 4

/**
 * A thumbnail with a long side of at most 96 pixels: each pixel is the mean of 4 x 4 samples spread over its cell, so
 * that only a few percent of the frame are read.
 */
export function frameThumbnail(frame: Picture): FrameThumbnail {
  const { width, height, samples: pixels, black, gain } = lumaPlane(frame)
  const scale = Math.min(1, longSide / Math.max(width, height))
  const columns = Math.max(1, Math.round(width * scale))
  const rows = Math.max(1, Math.round(height * scale))
  const xs = positions(width, columns)
  const ys = positions(height, rows)
  const luma = new Uint8Array(columns * rows)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0
      for (let j = row * samples; j < (row + 1) * samples; j++) {
        const line = ys[j]! * width
        for (let i = column * samples; i < (column + 1) * samples; i++) {
          sum += pixels[line + xs[i]!]!
        }
      }
      luma[row * columns + column] = Math.min(255, Math.max(0, (sum / samples ** 2 - black) * gain))
    }
  }
  return { width: columns, height: rows, luma }
}

/** Source positions, `samples` for each of `cells` cells, at the middles of equal parts. */
function positions(length: number, cells: number): Int32Array {
  const count = cells * samples
  return Int32Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * length) / count))
}
