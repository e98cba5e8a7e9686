import type { Pixels } from '../../types.js'
import { lumaOf } from './luma.js'
import { lumaGrid } from './sharpness.js'

const COLUMNS = 8
const ROWS = 16
/** Steps of one standard deviation: coarse enough for a byte, fine enough not to matter. */
const STEPS = 32

/**
 * A perceptual signature of a player: luma on a grid of 8 x 16 cells, free of brightness and contrast, as base64.
 * Equal pictures have equal signatures, whatever machine or thread computes them.
 */
export function appearanceOf(picture: Pixels): string {
  const { width, height } = picture
  const [columns, rows] = [Math.min(COLUMNS, width), Math.min(ROWS, height)]
  const luma = lumaGrid(lumaOf(picture), [0, 0, width, height], columns, rows)
  const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length
  const deviation = Math.sqrt(luma.reduce((sum, value) => sum + (value - mean) ** 2, 0) / luma.length)
  const cells = new Int8Array(COLUMNS * ROWS)
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const value =
        luma[Math.floor((row * rows) / ROWS) * columns + Math.floor((column * columns) / COLUMNS)]!
      const steps = deviation === 0 ? 0 : Math.round((STEPS * (value - mean)) / deviation)
      cells[row * COLUMNS + column] = Math.max(-127, Math.min(127, steps))
    }
  }
  return Buffer.from(cells.buffer).toString('base64')
}

/** How much two signatures differ: 1 minus their correlation, 0 for the same picture, 1 and more for unrelated ones. */
export function differenceOf(a: string, b: string): number {
  const [x, y] = [cellsOf(a), cellsOf(b)]
  let [xx, yy, xy] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    xx += x[i]! * x[i]!
    yy += y[i]! * y[i]!
    xy += x[i]! * y[i]!
  }
  if (xx === 0 || yy === 0) return xx === yy ? 0 : 1
  return 1 - xy / Math.sqrt(xx * yy)
}

const cellsOf = (signature: string): Int8Array => Int8Array.from(Buffer.from(signature, 'base64'))
