import type { Detection, Picture, Xyxy } from '../../types.js'
import { colorReader } from '../imaging/colors.js'
import { cellOf } from './modes.js'
import { findRegions } from './regions.js'
import type { WorkMemory } from './work-memory.js'

/** Columns of the grid on which the ground of a frame is found. */
const gridColumns = 160
/** Reach around the feet, in heights of the person, within which the ground is that on which the person stands. */
const near = 0.18
/** Least share of those who stand on ground for each of its connected pieces; others are walls, seats and clothes. */
const minStanding = 0.1
/** Reach to each side, in heights of a person, within which the upper and lower border of the ground are looked for. */
const reach = 1
/** Share of the columns in which this border is seen; in others people and other colors hide it. */
const hidden = 0.25
/** Share of the height of a person by which the feet may be beyond these borders: boxes are inexact. */
const inexact = 0.05

/** Where the ground of one frame is: the connected pieces on which people stand. */
export interface GroundRegion {
  readonly step: number
  readonly columns: number
  readonly rows: number
  /** Row-major; 255 for ground. */
  readonly grid: Uint8Array
  /** First and last row with ground in each column; `rows` and -1 where there is none. */
  readonly top: Int16Array
  readonly bottom: Int16Array
}

/**
 * @param isGround tells by the cell of the histogram whether a color is one of the ground.
 * @param standing those who seem to stand on ground, by the colors at their feet.
 */
export function findGround(
  picture: Picture,
  isGround: (cell: number) => boolean,
  standing: readonly Detection[],
  memory: WorkMemory,
): GroundRegion {
  memory.reset()
  const { width, height } = picture
  const colorAt = colorReader(picture)
  const step = Math.ceil(width / gridColumns)
  const columns = Math.ceil(width / step)
  const rows = Math.ceil(height / step)
  const grid = new Uint8Array(columns * rows)
  for (let row = 0, i = 0; row < rows; row++) {
    const y = Math.min(height - 1, row * step + (step >> 1))
    for (let column = 0; column < columns; column++, i++) {
      const color = colorAt(Math.min(width - 1, column * step + (step >> 1)), y)
      grid[i] = isGround(cellOf(color >> 16, (color >> 8) & 255, color & 255)) ? 255 : 0
    }
  }
  const { labels, regions } = findRegions(grid, columns, rows, memory)
  const support = new Float64Array(regions.length)
  for (const { xyxy, confidence } of standing)
    for (const label of labelsAt({ step, columns, rows }, labels, xyxy)) support[label]! += confidence
  const least = minStanding * standing.reduce((sum, { confidence }) => sum + confidence, 0)
  const top = new Int16Array(columns).fill(rows)
  const bottom = new Int16Array(columns).fill(-1)
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      if (grid[i] !== 0 && support[labels[i]!]! <= least) grid[i] = 0
      if (grid[i] === 0) continue
      top[column] = Math.min(top[column]!, row)
      bottom[column] = row
    }
  }
  return { step, columns, rows, grid, top, bottom }
}

type Size = Pick<GroundRegion, 'step' | 'columns' | 'rows'>

/** Values on the grid at the feet of a box, other than 0. */
function labelsAt({ step, columns, rows }: Size, grid: Int32Array | Uint8Array, [x1, y1, x2, y2]: Xyxy) {
  const margin = near * (y2 - y1)
  const at = (pixel: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(pixel / step)))
  const found = new Set<number>()
  for (let row = at(y2, rows); row <= at(y2 + margin, rows); row++) {
    for (let column = at(x1 - margin, columns); column <= at(x2 + margin, columns); column++) {
      const value = grid[row * columns + column]!
      if (value !== 0) found.add(value)
    }
  }
  return found
}

/** True for a box with a piece of ground at its feet. */
export const touchesGround = (ground: GroundRegion, xyxy: Xyxy): boolean =>
  labelsAt(ground, ground.grid, xyxy).size > 0

/** True for a box whose feet are between the upper and the lower border of the ground around it. */
export function isWithin(
  { step, columns, rows, top, bottom }: GroundRegion,
  [x1, y1, x2, y2]: Xyxy,
): boolean {
  const tall = y2 - y1
  const from = Math.max(0, Math.floor((x1 - reach * tall) / step))
  const to = Math.min(columns, Math.ceil((x2 + reach * tall) / step))
  if (to <= from) return false
  const columnsAt = (values: Int16Array, share: number) =>
    values.slice(from, to).sort()[Math.floor(share * (to - from - 1))]!
  const upper = columnsAt(top, hidden)
  if (upper === rows) return false
  const lower = columnsAt(bottom, 1 - hidden)
  const margin = inexact * tall
  return y2 > upper * step + margin && y2 < (lower + 1) * step + margin
}
