import { kernels } from '../kernels/kernels.js'
import type { WorkMemory } from '../kernels/work-memory.js'

/** Runs of pixels along the rows, in raster order: indices of their first pixels and of those after their last. */
interface Runs {
  readonly width: number
  readonly height: number
  readonly count: number
  readonly start: Int32Array
  readonly end: Int32Array
  /** For each row the number of runs before it, and at last that of all. */
  readonly rows: Int32Array
}

/** Connected regions of a mask, labeled from 1 in raster order. */
export interface Regions extends Runs {
  /** Of each run. */
  readonly labels: Int32Array
  /** By label; entry 0 is unused. */
  readonly regions: readonly Region[]
}

export interface Region {
  area: number
  y1: number
  /** Exclusive. */
  y2: number
}

/** Labels the 8-connected regions of a mask. */
export function findRegions(mask: Uint8Array, width: number, height: number, memory: WorkMemory): Regions {
  const { root, ...runs } = connectRuns(mask, width, height, false, memory)
  const { start, end, rows } = runs
  // A run's root precedes it, and has become its label.
  const labels = root
  const regions: Region[] = [{ area: 0, y1: 0, y2: 0 }]
  for (let y = 0; y < height; y++) {
    for (let run = rows[y]!; run < rows[y + 1]!; run++) {
      if (root[run] === run) {
        labels[run] = regions.length
        regions.push({ area: 0, y1: y, y2: y })
      } else labels[run] = labels[root[run]!]!
      const region = regions[labels[run]!]!
      region.area += end[run]! - start[run]!
      region.y2 = y + 1
    }
  }
  return { ...runs, labels, regions }
}

/** Share of a hole's pixels that are certainly surface from which on it can be a gap between the legs. */
const leastSurface = 0.75
/** A gap is below this share of the height; above, it is a number or a shirt of the surface's color. */
const waist = 0.55
/** A larger one is a pair of shorts of the surface's color; a share of the area. */
const largestGap = 0.05

/**
 * Fills the holes of a mask, which are zeros that are not 4-connected to the border of the picture, with 255, but for gaps
 * between the legs.
 * @param mask in work memory, as above.
 * @param isSurface 1 where a pixel is certainly surface, else 0.
 */
export function fillHoles(
  mask: Uint8Array,
  isSurface: Uint8Array,
  width: number,
  height: number,
  memory: WorkMemory,
): void {
  const { count, start, end, root } = connectRuns(mask, width, height, true, memory)
  const outside = memory.bytes(count).fill(0)
  const areas = memory.ints(count).fill(0)
  const surface = memory.ints(count).fill(0)
  for (let run = 0; run < count; run++) {
    const [from, to, hole] = [start[run]!, end[run]!, root[run]!]
    areas[hole]! += to - from
    for (let i = from; i < to; i++) surface[hole]! += isSurface[i]!
    if (from < width || to > mask.length - width || from % width === 0 || to % width === 0) outside[hole] = 1
  }
  for (let run = 0; run < count; run++) {
    const hole = root[run]!
    // The root of a hole is its first run.
    const isLow = start[hole]! >= waist * mask.length
    const isGap =
      isLow && surface[hole]! >= leastSurface * areas[hole]! && areas[hole]! <= largestGap * mask.length
    if (outside[hole] === 0 && !isGap) mask.fill(255, start[run], end[run])
  }
}

/** @param zeros whether to find the 4-connected components of zeros or the 8-connected ones of other values. */
function connectRuns(mask: Uint8Array, width: number, height: number, zeros: boolean, memory: WorkMemory) {
  const maxRuns = height * Math.ceil(width / 2)
  const [start, end, root] = [memory.ints(maxRuns), memory.ints(maxRuns), memory.ints(maxRuns)]
  const rows = memory.ints(height + 1)
  const count = kernels.connectRuns(
    mask.byteOffset,
    width,
    height,
    zeros ? 1 : 0,
    start.byteOffset,
    end.byteOffset,
    root.byteOffset,
    rows.byteOffset,
  )
  return { width, height, count, start, end, root, rows }
}
