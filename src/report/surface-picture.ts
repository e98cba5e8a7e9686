import type { Detection, Picture, Xyxy } from '../types.js'
import { clamp, colorReader } from '../vision/imaging/colors.js'
import type { ColorGrid } from '../vision/surface/color-grid.js'
import { cellOfColor } from '../vision/surface/modes.js'
import { type LocatedSurface, locateSurface } from '../vision/surface/standing.js'
import { type SurfaceModel, surfaceLikelihood, surfaceThreshold } from '../vision/surface/surface-model.js'
import { overlayColors, type Standing } from './overlay-colors.js'
import { encode } from './thumbnail.js'

/** About how many columns a picture has. */
const usualColumns = 640
/** How strong a tint is over the gray picture, and how bright that is elsewhere. */
const [tint, dimmed] = [0.55, 0.8]
/** Width of the outline of a box, in pixels of the picture. */
const line = 2

/** A sample frame, the same with what was learned drawn over it, and its people by where they stand. */
export interface SurfacePicture {
  readonly plain: Promise<Uint8Array>
  readonly marked?: Promise<Uint8Array>
  readonly people?: Readonly<Record<Standing, number>>
}

/**
 * Draws the playing surface over a sample frame, by the test that filters and background removal use: the colors of the
 * pixels, and where people are known, only the ground on which they stand. Reads the pixels before it returns.
 */
export function drawSurface(
  picture: Picture,
  surface: SurfaceModel,
  people: readonly Detection[] | undefined,
): SurfacePicture {
  const { width, height } = picture
  const step = Math.max(1, Math.round(width / usualColumns))
  const [columns, rows] = [Math.max(1, Math.floor(width / step)), Math.max(1, Math.floor(height / step))]
  const located = people && surface.found ? locateSurface(picture, people, surface) : undefined
  const partAt = partsOf(surface, located)
  const colorAt = colorReader(picture)
  const [plain, marked] = [new Uint8Array(columns * rows * 3), new Uint8Array(columns * rows * 3)]
  for (let row = 0, to = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, to += 3) {
      let [r, g, b, onSurface, onCourt] = [0, 0, 0, 0, 0]
      for (let y = row * step; y < (row + 1) * step; y++) {
        for (let x = column * step; x < (column + 1) * step; x++) {
          const color = colorAt(x, y)
          r += color >> 16
          g += (color >> 8) & 255
          b += color & 255
          const part = partAt(x, y, color)
          if (part === 'court') onCourt++
          else if (part === 'surface') onSurface++
        }
      }
      const area = step * step
      plain.set([r / area, g / area, b / area], to)
      const shown = (onSurface + onCourt) / area
      const gray = (0.299 * r + 0.587 * g + 0.114 * b) / area
      const light = gray * ((1 - shown) * dimmed + shown * (1 - tint))
      for (let c = 0; c < 3; c++) {
        const tinted = (onSurface * overlayColors.surface[c]! + onCourt * overlayColors.court[c]!) / area
        marked[to + c] = light + tint * tinted
      }
    }
  }
  const counts = { on: 0, around: 0, off: 0 }
  for (const person of located === undefined ? [] : (people ?? [])) {
    const standing = located?.standing.find(({ person: one }) => one === person)
    const where = standing === undefined ? 'off' : standing.onCourt === false ? 'around' : 'on'
    counts[where]++
    outline(marked, columns, rows, person.xyxy, step, overlayColors[where])
  }
  return {
    plain: encode(plain, columns, rows),
    ...(surface.found && { marked: encode(marked, columns, rows) }),
    ...(located !== undefined && { people: counts }),
  }
}

/** Tells the part of the playing surface that a pixel is of, by its color and its place. */
function partsOf(
  surface: SurfaceModel,
  located: LocatedSurface<Detection> | undefined,
): (x: number, y: number, color: number) => 'surface' | 'court' | undefined {
  const { ground, court, standing = [] } = located ?? {}
  // Where nobody is known to stand, every piece with the colors may be ground.
  const isGround = ground && standing.length > 0 ? near(ground.grid, ground.mask) : () => true
  const isCourt = ground && court ? near(ground.grid, court.area) : () => false
  return (x, y, color) => {
    if (surfaceLikelihood(surface, color) < surfaceThreshold) return undefined
    if (surface.court?.[cellOfColor(color)] === 1 && isCourt(x, y)) return 'court'
    return isGround(x, y) ? 'surface' : undefined
  }
}

/** Whether a pixel is in a patch of a mask on a grid, or beside one: the grid is coarser than the pixels. */
function near({ step, columns, rows }: ColorGrid, mask: Uint8Array): (x: number, y: number) => boolean {
  const wide = new Uint8Array(mask.length)
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      if (mask[i] === 0) continue
      for (let y = clamp(row - 1, rows); y <= clamp(row + 1, rows); y++)
        for (let x = clamp(column - 1, columns); x <= clamp(column + 1, columns); x++)
          wide[y * columns + x] = 1
    }
  }
  return (x, y) => wide[Math.floor(y / step) * columns + Math.floor(x / step)] === 1
}

/** Draws a box of the frame. @param step pixels of the frame for one of the picture. */
function outline(
  rgb: Uint8Array,
  columns: number,
  rows: number,
  [x1, y1, x2, y2]: Xyxy,
  step: number,
  color: readonly number[],
): void {
  const [left, right] = [clamp(Math.floor(x1 / step), columns), clamp(Math.floor(x2 / step), columns)]
  const [top, bottom] = [clamp(Math.floor(y1 / step), rows), clamp(Math.floor(y2 / step), rows)]
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const inside = Math.min(x - left, right - x, y - top, bottom - y)
      if (inside < line) rgb.set(color, (y * columns + x) * 3)
    }
  }
}
