import type { Detection, Xyxy } from '../../types.js'
import type { Region } from './fit.js'

/** Columns and rows into which a picture is divided, as `--tiles` names them: `3x2`. */
export interface Grid {
  readonly columns: number
  readonly rows: number
}

export const gridPattern = /^([1-8])x([1-8])$/
export const oneTile = '1x1'

/** Share of a tile that its neighbor also sees: a player who is no larger is whole in one of them. */
const overlap = 0.2
/** Distance within which a box touches the border of its tile, as a share of the tile's side: boxes are inexact. */
const touching = 0.01
/** Share of a cut box that lies in the whole one of the same player. */
const inside = 0.6

/** @throws Error for what does not match `gridPattern`. */
export function gridOf(tiles: string): Grid {
  const [, columns, rows] = gridPattern.exec(tiles) ?? []
  if (columns === undefined || rows === undefined) throw new Error(`not a grid of tiles: ${tiles}`)
  return { columns: Number(columns), rows: Number(rows) }
}

/** Side of a tile of a row of `count`. */
const tileSide = (side: number, count: number): number => Math.ceil(side / (count - (count - 1) * overlap))

/** Size of the tiles of a picture, in whole pixels. */
export const tileSize = (width: number, height: number, { columns, rows }: Grid) => ({
  width: tileSide(width, columns),
  height: tileSide(height, rows),
})

export type Regions = readonly [Region, ...Region[]]

/**
 * The regions that a detector looks at: the whole picture, then the tiles, all of one size. Without the whole picture a
 * close-up, which fits no tile, would not be found, or in pieces.
 */
export function regionsOf(width: number, height: number, grid: Grid): Regions {
  const whole = { x: 0, y: 0, width, height }
  const { columns, rows } = grid
  if (columns * rows === 1) return [whole]
  const size = tileSize(width, height, grid)
  const starts = (side: number, tile: number, count: number) =>
    Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * (side - tile)) / (count - 1))))
  const lefts = starts(width, size.width, columns)
  return [whole, ...starts(height, size.height, rows).flatMap(y => lefts.map(x => ({ x, y, ...size })))]
}

/**
 * The detections of all regions, of each player at least one that is whole. Duplicates are left to non-maximum
 * suppression.
 * @param found by region, in pixels of the picture.
 */
export function mergeTiles(
  [whole, ...tiles]: Regions,
  found: readonly (readonly Detection[])[],
): Detection[] {
  const [ofWhole = [], ...ofTiles] = found
  const [tile] = tiles
  if (tile === undefined) return [...ofWhole]
  const [maxWidth, maxHeight] = [overlap * tile.width, overlap * tile.height]
  // A tile sees smaller ones whole, and larger than the whole picture does.
  const large = ofWhole.filter(({ xyxy: [x1, y1, x2, y2] }) => x2 - x1 > maxWidth || y2 - y1 > maxHeight)
  const uncut = [...large]
  const cut: Detection[] = []
  for (const [i, region] of tiles.entries()) {
    for (const detection of ofTiles[i] ?? []) {
      ;(isCut(detection.xyxy, region, whole) ? cut : uncut).push(detection)
    }
  }
  return [...uncut, ...cut.filter(part => !uncut.some(other => isPart(part, other)))]
}

/** True for a box at a border of its tile that is not one of the picture. */
function isCut([x1, y1, x2, y2]: Xyxy, { x, y, width, height }: Region, picture: Region): boolean {
  const [dx, dy] = [touching * width, touching * height]
  return (
    (x > 0 && x1 <= x + dx) ||
    (y > 0 && y1 <= y + dy) ||
    (x + width < picture.width && x2 >= x + width - dx) ||
    (y + height < picture.height && y2 >= y + height - dy)
  )
}

function isPart(part: Detection, other: Detection): boolean {
  return part.classId === other.classId && shareInside(part.xyxy, other.xyxy) >= inside
}

/** Share of the first box that lies in the second. */
export function shareInside([x1, y1, x2, y2]: Xyxy, [left, top, right, bottom]: Xyxy): number {
  const width = Math.min(x2, right) - Math.max(x1, left)
  const height = Math.min(y2, bottom) - Math.max(y1, top)
  return width <= 0 || height <= 0 ? 0 : (width * height) / ((x2 - x1) * (y2 - y1))
}
