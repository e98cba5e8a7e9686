import type { Detection, Picture, Xyxy } from '../../types.js'
import { colorReader } from '../imaging/colors.js'
import { cellOf } from './modes.js'

/** An area around the box of a person, without the box. All numbers are shares of the height of the box. */
export interface Area {
  /** Reach to the left and to the right of the box. */
  readonly beside: readonly [left: number, right: number]
  /** Rows, down from the lower edge of the box. */
  readonly rows: readonly [from: number, to: number]
}

/** The U-shaped area around the feet. At the lower border of the frame only its arms are left. */
export const feet: Area = { beside: [0.12, 0.12], rows: [-0.06, 0.18] }
/** Beside the lower legs: on the ground there is more ground behind the feet, but not above a wall or a board. */
export const shins: Area = { beside: [0.2, 0.2], rows: [-0.3, 0] }
/** Before the feet: free ground, but in a stand the next row of people. */
export const front: Area = { beside: [0, 0], rows: [0.2, 0.8] }

/** Weight of a person where many vote on what the ground is: a camera shows the game, not those behind it, large. */
export const weightOf = ({ xyxy: [, y1, , y2], confidence }: Detection): number => confidence * (y2 - y1) ** 2

/**
 * Colors in an area, as cells of the histogram; none where it is outside of the frame.
 * @param most rows that are looked at, for a large box.
 */
export function cellsAround(picture: Picture, box: Xyxy, area: Area, most: number): number[] {
  const found: number[] = []
  visit(picture, box, area, most, cell => {
    found.push(cell)
  })
  return found
}

/** Share of the colors of an area for which something holds; 0 for an area outside of the frame. */
export function shareAround(
  picture: Picture,
  box: Xyxy,
  area: Area,
  holds: (cell: number) => boolean,
): number {
  let [count, all] = [0, 0]
  visit(picture, box, area, Number.POSITIVE_INFINITY, cell => {
    all++
    if (holds(cell)) count++
  })
  return all === 0 ? 0 : count / all
}

function visit(
  picture: Picture,
  [x1, y1, x2, y2]: Xyxy,
  { beside, rows }: Area,
  most: number,
  see: (cell: number) => void,
): void {
  const { width, height } = picture
  const colorAt = colorReader(picture)
  const tall = y2 - y1
  const left = Math.max(0, Math.floor(x1 - beside[0] * tall))
  const right = Math.min(width, Math.ceil(x2 + beside[1] * tall))
  const top = Math.max(0, Math.floor(y2 + rows[0] * tall))
  const bottom = Math.min(height, Math.ceil(y2 + rows[1] * tall))
  const step = Math.max(1, Math.ceil((bottom - top) / most))
  for (let y = top; y < bottom; y += step) {
    for (let x = left; x < right; x += step) {
      if (y >= y1 && y < y2 && x >= x1 && x < x2) continue
      const color = colorAt(x, y)
      see(cellOf(color >> 16, (color >> 8) & 255, color & 255))
    }
  }
}

/** Share of some colors for which something holds; 0 of none. */
export function shareOf(cells: readonly number[], holds: (cell: number) => boolean): number {
  let n = 0
  for (const cell of cells) if (holds(cell)) n++
  return cells.length === 0 ? 0 : n / cells.length
}
