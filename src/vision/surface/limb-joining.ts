import type { WorkMemory } from '../kernels/work-memory.js'
import { convexHull, fillPolygon, type Point } from './hull.js'
import type { Regions } from './regions.js'

/** A region of the player below the shirt: a knee, a sock, a boot. */
interface Piece {
  readonly label: number
  readonly area: number
  readonly y1: number
  readonly y2: number
  /** Outline points of its top and bottom rows. */
  readonly top: readonly Point[]
  readonly bottom: readonly Point[]
}

/** Smaller pieces are noise; a share of the crop's area. */
const minArea = 0.002
/** Longest shorts and socks, as shares of the player's height. */
const maxShorts = 0.34
const maxSock = 0.26

/**
 * Fills shorts and socks that have the color of the surface: the convex hull of the facing ends of the shirt and a piece
 * of leg below it, or of two such pieces.
 * @param body label of the shirt's region.
 * @returns `filled`: 255 for each pixel between the pieces, else 0; `joined`: 1 for the label of the body and of each
 * piece joined to it, else 0.
 */
export function joinLimbs(
  found: Regions,
  body: number,
  memory: WorkMemory,
): { readonly filled: Uint8Array; readonly joined: Uint8Array } {
  const { width, height, regions } = found
  const filled = memory.bytes(width * height).fill(0)
  const joined = new Uint8Array(regions.length)
  joined[body] = 1
  const waist = findWaist(found, body)
  const band = Math.max(1, Math.round(0.03 * height))
  const pieces: Piece[] = []
  regions.forEach(({ area, y1, y2 }, label) => {
    if (label === 0 || label === body || area < minArea * width * height) return
    if ((y1 + y2) / 2 < waist[0]![1] || area > regions[body]!.area) return
    pieces.push({
      label,
      area,
      y1,
      y2,
      top: ends(found, label, y1, Math.min(y2, y1 + band)),
      bottom: ends(found, label, Math.max(y1, y2 - band), y2),
    })
  })
  pieces.sort((a, b) => a.y1 - b.y1 || a.label - b.label)

  const hem = lowestPoints(found, body).filter(([, y]) => y > waist[2]![1] + 0.12 * height)
  // A piece that reaches below this row is a boot, which has no piece below it.
  const bootRow = 0.9 * height
  const hasChild = new Set<Piece>()
  for (const piece of pieces) {
    let nearest: { gap: number; from: readonly Point[]; parent?: Piece } | undefined
    const toWaist = distance(waist, piece.top)
    if (toWaist <= maxShorts * height) nearest = { gap: toWaist, from: waist }
    const leg = endNear(hem, piece.top, 0.04 * height)
    const toLeg = distance(leg, piece.top)
    if (toLeg <= maxSock * height && (nearest === undefined || toLeg < nearest.gap))
      nearest = { gap: toLeg, from: leg }
    for (const parent of pieces) {
      if (joined[parent.label] === 0 || hasChild.has(parent)) continue
      if (parent.y2 > Math.min(piece.y1 + band, bootRow)) continue
      const gap = distance(parent.bottom, piece.top)
      if (gap <= maxSock * height && (nearest === undefined || gap < nearest.gap)) {
        nearest = { gap, from: parent.bottom, parent }
      }
    }
    if (nearest === undefined) continue
    // A wide parent is two knees that touch each other, so both lower legs may be joined to it.
    if (nearest.parent !== undefined && !isWide(nearest.parent, height)) hasChild.add(nearest.parent)
    joined[piece.label] = 1
    fillPolygon(filled, width, height, convexHull([...nearest.from, ...piece.top]))
  }
  return { filled, joined }
}

/** The hem of the shirt: follows it down from its widest row until it narrows, so that a hand below is not included. */
function findWaist(found: Regions, body: number): Point[] {
  const { width, height, rows, labels, start, end } = found
  const longestRun = (y: number): readonly [number, number] | undefined => {
    let best: readonly [number, number] | undefined
    for (let run = rows[y]!; run < rows[y + 1]!; run++) {
      if (labels[run] !== body) continue
      const [from, to] = [start[run]! - y * width, end[run]! - 1 - y * width]
      if (best === undefined || to - from > best[1] - best[0]) best = [from, to]
    }
    return best
  }
  let widest: readonly [number, number] = [0, 0]
  let at = 0
  for (let y = 0; y < height * 0.6; y++) {
    const run = longestRun(y)
    if (run !== undefined && run[1] - run[0] > widest[1] - widest[0]) {
      widest = run
      at = y
    }
  }
  let waist = widest
  let y = at
  for (let next = at + 1; next < height; next++) {
    const run = longestRun(next)
    if (run === undefined || run[1] - run[0] < 0.45 * (widest[1] - widest[0])) break
    waist = run
    y = next
  }
  const hem = Math.max(at, y - Math.round(0.02 * height))
  const above = longestRun(hem) ?? waist
  return [
    [above[0], hem],
    [above[1], hem],
    [waist[0], y],
    [waist[1], y],
  ]
}

/** The lowest pixel of a region in each column. */
function lowestPoints({ width, height, rows, labels, start, end }: Regions, label: number): Point[] {
  const lowest = new Int32Array(width).fill(-1)
  for (let y = 0; y < height; y++) {
    for (let run = rows[y]!; run < rows[y + 1]!; run++) {
      if (labels[run] === label) lowest.fill(y, start[run]! - y * width, end[run]! - y * width)
    }
  }
  return Array.from(lowest, (y, x): Point => [x, y]).filter(([, y]) => y >= 0)
}

/** The `points` within `radius` of the one nearest to `target`, among those not more than `radius` below its top. */
function endNear(points: readonly Point[], target: readonly Point[], radius: number): Point[] {
  const top = Math.min(...target.map(([, y]) => y))
  let [nearest, gap]: [Point | undefined, number] = [undefined, Number.POSITIVE_INFINITY]
  for (const point of points) {
    const pointGap = distance([point], target)
    if (point[1] > top + radius || pointGap >= gap) continue
    nearest = point
    gap = pointGap
  }
  return nearest === undefined ? [] : points.filter(point => distance([point], [nearest]) <= radius)
}

function isWide({ bottom }: Piece, height: number): boolean {
  const xs = bottom.map(([x]) => x)
  return Math.max(...xs) - Math.min(...xs) > 0.13 * height
}

/** Leftmost and rightmost pixels of a region in each of the given rows. */
function ends(
  { width, rows, labels, start, end }: Regions,
  label: number,
  from: number,
  to: number,
): Point[] {
  const points: Point[] = []
  for (let y = from; y < to; y++) {
    let [left, right] = [-1, -1]
    for (let run = rows[y]!; run < rows[y + 1]!; run++) {
      if (labels[run] !== label) continue
      if (left < 0) left = start[run]! - y * width
      right = end[run]! - 1 - y * width
    }
    if (left >= 0) points.push([left, y], [right, y])
  }
  return points
}

function distance(a: readonly Point[], b: readonly Point[]): number {
  let nearest = Number.POSITIVE_INFINITY
  for (const p of a) for (const q of b) nearest = Math.min(nearest, Math.hypot(p[0] - q[0], p[1] - q[1]))
  return nearest
}
