import type { Detection, Picture } from '../../types.js'
import { colorReader } from '../imaging/colors.js'
import type { Sighting } from '../surface/ground.js'
import { type SurfaceModel, surfaceLikelihood, surfaceThreshold } from '../surface/surface-model.js'
import type { Detector } from './detector.js'
import type { Rows } from './rows.js'

/** Pixels between the samples of a row, and between the rows that are sampled. */
const [columnStep, rowStep] = [16, 8]
/** Share of playing surface in a row that shows that a part of it is there; below comes a corner of it, or noise. */
const [shown, corner] = [0.15, 0.05]
/** Share of the frame into which players reach above the surface, if that is unknown, and below it. */
const [usualReach, below] = [0.15, 0.04]
/** Frames between the samples have players who reach higher, and what is near the first row is seen less well. */
const [reserve, least] = [1.5, 0.03]
/** Distance from the first and last row, as a share of the frame, within which a box may be cut: boxes are inexact. */
const touching = 0.015

/**
 * Finds the players of a frame by looking only at the rows that can hold some, as told by the playing surface in this
 * very frame. If a box may be cut by these rows, the whole frame is looked at.
 */
export async function detectOnSurface(
  detector: Detector,
  frame: Picture,
  surface: SurfaceModel | undefined,
  reach?: number,
): Promise<Detection[]> {
  const rows = surface?.found ? playingRows(frame, surface, reach) : undefined
  if (rows === undefined) return detector.detect(frame)
  const found = await detector.detect(frame, rows)
  return found.some(detection => isCut(detection, rows, frame)) ? detector.detect(frame) : found
}

/** How far the players of sample frames reach above the surface, as a share of the frame's height. */
export function reachAbove(seen: readonly Sighting[], surface: SurfaceModel): number | undefined {
  const reaches = seen.flatMap(({ picture, people }) => {
    const top = surfaceRows(picture, surface)?.top
    if (top === undefined) return []
    return people.map(({ xyxy: [, y1] }) => (top - y1) / picture.height)
  })
  return reaches.length === 0 ? undefined : Math.max(0, ...reaches)
}

/**
 * Rows of a frame that can hold players whose feet are on the surface; undefined if none can.
 * @param reach of `reachAbove`.
 */
export function playingRows(picture: Picture, surface: SurfaceModel, reach?: number): Rows | undefined {
  const rows = surfaceRows(picture, surface)
  if (rows === undefined) return undefined
  const { height } = picture
  const above = reach === undefined ? usualReach : Math.max(least, touching + reserve * reach)
  return {
    top: Math.max(0, Math.floor(rows.top - above * height)),
    bottom: Math.min(height, Math.ceil(rows.bottom + below * height)),
  }
}

/** Rows in which the surface is. */
function surfaceRows(picture: Picture, surface: SurfaceModel): Rows | undefined {
  const { width, height } = picture
  const colorAt = colorReader(picture)
  const shareAt = (y: number): number => {
    let [seen, onSurface] = [0, 0]
    for (let x = columnStep >> 1; x < width; x += columnStep, seen++) {
      if (surfaceLikelihood(surface, colorAt(x, y)) >= surfaceThreshold) onSurface++
    }
    return onSurface / seen
  }
  let top = 0
  while (top < height && shareAt(top) < shown) top += rowStep
  if (top >= height) return undefined
  while (top > 0 && shareAt(top - rowStep) >= corner) top -= rowStep
  let bottom = height - 1
  while (bottom > top && shareAt(bottom) < corner) bottom -= rowStep
  return { top: Math.max(0, top - rowStep), bottom: Math.min(height, bottom + rowStep) }
}

function isCut({ xyxy: [, y1, , y2] }: Detection, { top, bottom }: Rows, { height }: Picture): boolean {
  const near = touching * height
  return (top > 0 && y1 < top + near) || (bottom < height && y2 > bottom - near)
}
