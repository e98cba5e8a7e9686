import type { Picture } from '../../types.js'
import { clamp, colorReader } from '../imaging/colors.js'
import { cellOf } from './modes.js'

const gridColumns = 160

/** The colors of a picture at the middles of square patches, as cells of the histogram, row-major. */
export interface ColorGrid {
  /** Side of a patch in pixels. */
  readonly step: number
  readonly columns: number
  readonly rows: number
  readonly cells: Int32Array
}

export function colorGrid(picture: Picture): ColorGrid {
  const { width, height } = picture
  const colorAt = colorReader(picture)
  const step = Math.ceil(width / gridColumns)
  const columns = Math.ceil(width / step)
  const rows = Math.ceil(height / step)
  const cells = new Int32Array(columns * rows)
  for (let row = 0, i = 0; row < rows; row++) {
    const y = Math.min(height - 1, row * step + (step >> 1))
    for (let column = 0; column < columns; column++, i++) {
      const color = colorAt(Math.min(width - 1, column * step + (step >> 1)), y)
      cells[i] = cellOf(color >> 16, (color >> 8) & 255, color & 255)
    }
  }
  return { step, columns, rows, cells }
}

/** 255 where something holds for the color. */
export function maskOf({ cells }: ColorGrid, holds: (cell: number) => boolean): Uint8Array {
  const mask = new Uint8Array(cells.length)
  for (let i = 0; i < mask.length; i++) if (holds(cells[i]!)) mask[i] = 255
  return mask
}

/** The patches of a rectangle in pixels, cut at the borders of the grid. */
export function patchesIn(
  { step, columns, rows }: ColorGrid,
  left: number,
  top: number,
  right: number,
  bottom: number,
): number[] {
  const at = (pixel: number, count: number) => clamp(Math.floor(pixel / step), count)
  const [from, to, last] = [at(left, columns), at(right, columns), at(bottom, rows)]
  const found: number[] = []
  for (let row = at(top, rows); row <= last; row++)
    for (let column = from; column <= to; column++) found.push(row * columns + column)
  return found
}
