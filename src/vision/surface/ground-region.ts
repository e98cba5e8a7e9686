import type { Detection, Xyxy } from '../../types.js'
import { weightOf } from './around.js'
import { type ColorGrid, maskOf, patchesIn } from './color-grid.js'
import { findPieces } from './pieces.js'

/** Reach around the feet, in heights of the person, within which the ground is that on which the person stands. */
const near = 0.18
/** Least share of those who stand on ground for each of its connected pieces; others are walls, seats and clothes. */
const minStanding = 0.05
/** Reach to each side, in heights of a person, within which the upper and lower border of the ground are looked for. */
const reach = 1
/** Share of the columns in which this border is seen; in others people and other colors hide it. */
const seen = 0.25
/** Share of the height of a person by which the feet may be beyond these borders: boxes are inexact. */
const inexact = 0.05

/** Where the ground of one frame is: the connected pieces on which people stand. */
export interface GroundRegion {
  readonly grid: ColorGrid
  /** 255 for ground. */
  readonly mask: Uint8Array
  /** First and last row with ground in each column of the grid; `rows` and -1 where there is none. */
  readonly top: Int16Array
  readonly bottom: Int16Array
}

/**
 * @param isGround tells by the cell of the histogram whether a color is one of the ground.
 * @param standing those who seem to stand on ground, by the colors at their feet.
 */
export function findGround(
  grid: ColorGrid,
  isGround: (cell: number) => boolean,
  standing: readonly Detection[],
): GroundRegion {
  const { columns, rows } = grid
  const mask = maskOf(grid, isGround)
  const { labels, pieces } = findPieces(mask, columns)
  const support = new Float64Array(pieces.length)
  for (const person of standing)
    for (const label of valuesAtFeet(grid, labels, person.xyxy)) support[label]! += weightOf(person)
  const least = minStanding * standing.reduce((sum, person) => sum + weightOf(person), 0)
  const isSupported = pieces.map((_, label) => label > 0 && support[label]! > least)
  const supported = pieces.filter((_, label) => isSupported[label])
  const first = Math.min(...supported.map(({ y1 }) => y1))
  const last = Math.max(...supported.map(({ y2 }) => y2))
  const top = new Int16Array(columns).fill(rows)
  const bottom = new Int16Array(columns).fill(-1)
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      if (mask[i] === 0) continue
      const label = labels[i]!
      const { y1, y2 } = pieces[label]!
      // Pieces beside those on which people stand belong to the ground too: what a group of players cuts off.
      if (y1 >= first && y2 <= last) top[column] = Math.min(top[column]!, row)
      if (isSupported[label]) bottom[column] = row
      else mask[i] = 0
    }
  }
  return { grid, mask, top, bottom }
}

/** Values on the grid at the feet of a box, other than 0. */
function valuesAtFeet(grid: ColorGrid, values: Int32Array | Uint8Array, [x1, y1, x2, y2]: Xyxy) {
  const margin = near * (y2 - y1)
  const found = new Set<number>()
  for (const i of patchesIn(grid, x1 - margin, y2, x2 + margin, y2 + margin)) found.add(values[i]!)
  found.delete(0)
  return found
}

/** True for a box with a piece of ground at its feet. */
export const touchesGround = ({ grid, mask }: GroundRegion, xyxy: Xyxy): boolean =>
  valuesAtFeet(grid, mask, xyxy).size > 0

/** True for a box whose feet are between the upper and the lower border of the ground around it. */
export function isWithin({ grid, top, bottom }: GroundRegion, [x1, y1, x2, y2]: Xyxy): boolean {
  const { step, columns, rows } = grid
  const tall = y2 - y1
  const from = Math.max(0, Math.floor((x1 - reach * tall) / step))
  const to = Math.min(columns, Math.ceil((x2 + reach * tall) / step))
  if (to <= from) return false
  const columnsAt = (values: Int16Array, share: number) =>
    values.slice(from, to).sort()[Math.floor(share * (to - from - 1))]!
  const upper = columnsAt(top, seen)
  if (upper === rows) return false
  const lower = columnsAt(bottom, 1 - seen)
  const margin = inexact * tall
  return y2 > upper * step + margin && y2 < (lower + 1) * step + margin
}
