import type { Detection, Xyxy } from '../../types.js'
import { type ColorGrid, maskOf, patchesIn } from './color-grid.js'
import { convexHull, fillPolygon, type Point } from './hull.js'
import { findPieces } from './pieces.js'

/** Sum of the confidences of the people on a court, and their share of all on the surface: coaches are around it. */
const [leastPeople, leastShare] = [4, 0.5]
/** Least share of the frame that a court covers. */
const minArea = 0.05
/** Pieces of this share of the largest belong to the court: a net and lines divide it. */
const minPiece = 0.15
/** Least share of its color within the convex hull, where no person hides it: a court is a rectangle. */
const minSolid = 0.7
/** Sides on which the rest of the surface is around it, and its least share there. */
const [minSides, minAround] = [3, 0.33]
/** Distance from its border, in patches of the grid, at which that is looked for: at the border there are lines. */
const beyond = 6
/** Reach of the feet, in heights: to the sides, up, and down, as a player who jumps comes down. */
const [beside, above, below] = [0.3, 0.3, 0.5]

/** Where the court of one frame is. */
export interface Court {
  /** 255 for the court, lines and people on it included, on the grid. */
  readonly area: Uint8Array
  /** Tells who of the frame is on it. */
  readonly has: (xyxy: Xyxy) => boolean
}

/**
 * Finds the court in a frame: a convex part of the playing surface with a color of its own, on which most people stand,
 * surrounded by the rest of the surface. Undefined if there is none, as on grass.
 * @param isCourt tells by the cell of the histogram whether a color is that of the court; `isSurface` likewise.
 * @param standing those who stand on the surface.
 */
export function findCourt(
  grid: ColorGrid,
  isCourt: (cell: number) => boolean,
  isSurface: (cell: number) => boolean,
  standing: readonly Detection[],
): Court | undefined {
  const people = weigh(standing)
  if (people < leastPeople) return undefined
  const { columns, rows, cells } = grid
  const mask = maskOf(grid, isCourt)
  const { labels, pieces } = findPieces(mask, columns)
  const largest = Math.max(0, ...pieces.map(({ area }) => area))
  const points: Point[] = []
  let colored = 0
  for (let row = 0, i = 0; row < rows; row++) {
    let [first, last] = [columns, -1]
    for (let column = 0; column < columns; column++, i++) {
      if (mask[i] === 0 || pieces[labels[i]!]!.area < minPiece * largest) continue
      colored++
      first = Math.min(first, column)
      last = column
    }
    if (last >= 0) points.push([first, row], [last, row])
  }
  if (colored < minArea * mask.length) return undefined
  const hull = new Uint8Array(mask.length)
  fillPolygon(hull, columns, rows, convexHull(points))
  const hidden = new Set(standing.flatMap(({ xyxy }) => [...patchesIn(grid, ...xyxy)]))
  const area = hull.reduce((n, value, i) => n + Number(value !== 0 && !hidden.has(i)), 0)
  if (colored < minSolid * area) return undefined
  const isAround = (i: number) => isSurface(cells[i]!) && !isCourt(cells[i]!)
  const sides = [-beyond, beyond, -beyond * columns, beyond * columns]
  if (sides.filter(side => shareBeside(hull, side, columns, isAround) >= minAround).length < minSides)
    return undefined
  const has: Court['has'] = ([x1, y1, x2, y2]) => {
    const tall = y2 - y1
    for (const i of patchesIn(
      grid,
      x1 - beside * tall,
      y2 - above * tall,
      x2 + beside * tall,
      y2 + below * tall,
    ))
      if (hull[i] !== 0) return true
    return false
  }
  const on = weigh(standing.filter(({ xyxy }) => has(xyxy)))
  return on >= leastPeople && on >= leastShare * people ? { area: hull, has } : undefined
}

/** Share of the patches on one side of a hull for which something holds; 0 where the hull ends with the frame. */
function shareBeside(hull: Uint8Array, side: number, columns: number, holds: (i: number) => boolean): number {
  let [n, holding] = [0, 0]
  for (let i = 0; i < hull.length; i++) {
    const next = i + side
    const isSameRow = Math.floor(next / columns) === Math.floor(i / columns)
    if (hull[i] === 0 || hull[next] !== 0 || (Math.abs(side) === beyond && !isSameRow)) continue
    n++
    if (holds(next)) holding++
  }
  return n === 0 ? 0 : holding / n
}

const weigh = (people: readonly Detection[]): number =>
  people.reduce((sum, { confidence }) => sum + confidence, 0)
