import { kernels } from '../kernels/kernels.js'
import type { WorkMemory } from '../kernels/work-memory.js'
import type { Colors } from './colors.js'

/** A run of pale pixels along the border of the crop, where a line may enter it. */
interface Entry {
  readonly x: number
  readonly y: number
  readonly thickness: number
  /** Border: 0 top, 1 bottom, 2 left, 3 right. */
  readonly side: number
}

/** Whether the pixel with this index may belong to a line. */
type IsPale = (i: number) => boolean

interface Path {
  readonly from: Entry
  readonly to: Entry
  /** Offset of its middle from the straight line, as a fraction of the length; nonzero for an arc of a circle. */
  readonly bend: number
  /** Share of the path that is visibly a line: pale, with the surface on both sides. */
  readonly visible: number
}

const bends = [0, 0.06, -0.06, 0.14, -0.14]
/** Least visible share of a path; the rest may be hidden by the player. */
const minVisible = 0.3
/** Most surface pixels on a path, relative to its visible part: worn paint, or a sock with the color of the surface. */
const maxSurface = 0.5
/** Largest thickness of a line, as a share of the crop's width. */
const maxThickness = 0.4

/**
 * Clears the marking lines of the surface from a mask: pale bands, straight or slightly bent, that go from one border of
 * the crop to another and have the surface on both sides, except where the player hides them. White parts of the
 * player in front of a line are wider than the line, and stay.
 * @param mask 255 where a pixel is not surface; changed in place.
 */
export function removeLines(mask: Uint8Array, colors: Colors, background: Colors, memory: WorkMemory): void {
  const { width, height, data } = colors
  const pale = memory.bytes(width * height)
  kernels.markPale(data.byteOffset, background.data.byteOffset, width * height, pale.byteOffset)
  const isPale: IsPale = i => pale[i] !== 0
  const entries = findEntries(isPale, width, height)
  const found: Path[] = []
  for (let a = 0; a < entries.length; a++) {
    for (let b = a + 1; b < entries.length; b++) {
      const path = bestPath(entries[a]!, entries[b]!, isPale, mask, width, height)
      if (path !== undefined) found.push(path)
    }
  }
  for (const path of found) erase(path, mask, isPale, width, height)
}

function findEntries(isPale: IsPale, width: number, height: number): Entry[] {
  const entries: Entry[] = []
  const limit = Math.max(4, maxThickness * width)
  /** Adds the entries of one border; `start` is the index of its first pixel and `step` leads to the next one. */
  const scanBorder = (side: number, length: number, start: number, step: number) => {
    for (let i = 0; i < length; i++) {
      let end = i
      while (end < length && isPale(start + end * step)) end++
      if (end - i >= 2 && end - i <= limit) {
        const middle = (i + end - 1) / 2
        const [x, y] = side < 2 ? [middle, start / width] : [start, middle]
        entries.push({ x, y, thickness: end - i, side })
      }
      i = end
    }
  }
  scanBorder(0, width, 0, 1)
  scanBorder(1, width, (height - 1) * width, 1)
  scanBorder(2, height, 0, width)
  scanBorder(3, height, width - 1, width)
  return entries
}

function bestPath(
  from: Entry,
  to: Entry,
  isPale: IsPale,
  mask: Uint8Array,
  width: number,
  height: number,
): Path | undefined {
  if (from.side === to.side) return undefined
  if (Math.hypot(to.x - from.x, to.y - from.y) < 0.4 * width) return undefined
  let best: Path | undefined
  for (const bend of bends) {
    const path = { from, to, bend }
    const { steps, pointAt, nx, ny } = along(path)
    const needed = minVisible * (steps + 1)
    let surface = 0
    let visible = 0
    for (let s = 0; s <= steps; s++) {
      // Most paths are none of a line: they cross the surface.
      const possible = visible + steps + 1 - s
      if (possible < needed || surface > maxSurface * possible) break
      const { x, y, half } = pointAt(s)
      const i = index(x, y, width, height)
      if (i < 0) surface++
      else if (isPale(i)) {
        const left = index(x + nx * (half + 2), y + ny * (half + 2), width, height)
        const right = index(x - nx * (half + 2), y - ny * (half + 2), width, height)
        // Counts half where the player touches one side.
        if (left < 0 || mask[left] === 0) visible += 0.5
        if (right < 0 || mask[right] === 0) visible += 0.5
      } else if (mask[i] === 0) surface++
    }
    if (visible < needed || surface > maxSurface * visible) continue
    const share = visible / (steps + 1)
    if (best === undefined || share > best.visible) best = { ...path, visible: share }
  }
  return best
}

function erase(path: Path, mask: Uint8Array, isPale: IsPale, width: number, height: number): void {
  const cleared: number[] = []
  const { steps, pointAt, nx, ny } = along(path)
  for (let s = 0; s <= steps; s++) {
    const { x, y, half } = pointAt(s)
    const edge = half + 2.5
    const left = index(x + nx * edge, y + ny * edge, width, height)
    const right = index(x - nx * edge, y - ny * edge, width, height)
    if (left >= 0 && right >= 0 && mask[left] !== 0 && mask[right] !== 0) continue
    for (let t = -half - 1.5; t <= half + 1.5; t += 0.5) {
      const i = index(x + nx * t, y + ny * t, width, height)
      if (i >= 0 && isPale(i)) cleared.push(i)
    }
  }
  for (const i of cleared) mask[i] = 0
}

/** A path in `steps` of half a pixel: where it is and half of its thickness, and its normal. */
function along({ from, to, bend }: Omit<Path, 'visible'>) {
  const dx = to.x - from.x
  const dy = to.y - from.y
  const length = Math.hypot(dx, dy)
  // The border cuts a slanted band at an angle, so the run is longer than the band is thick.
  const across = (side: number) => (side < 2 ? Math.abs(dy) : Math.abs(dx)) / length
  const halfFrom = (from.thickness * across(from.side)) / 2
  const halfTo = (to.thickness * across(to.side)) / 2
  const nx = -dy / length
  const ny = dx / length
  const steps = Math.ceil(2 * length)
  const pointAt = (step: number) => {
    const t = step / steps
    const offset = bend * length * 4 * t * (1 - t)
    const x = from.x + t * dx + nx * offset
    const y = from.y + t * dy + ny * offset
    return { x, y, half: halfFrom + t * (halfTo - halfFrom) }
  }
  return { steps, pointAt, nx, ny }
}

/** Index of the nearest pixel; -1 outside of the crop. */
function index(x: number, y: number, width: number, height: number): number {
  const u = Math.round(x) | 0
  const v = Math.round(y) | 0
  return u < 0 || v < 0 || u >= width || v >= height ? -1 : v * width + u
}
