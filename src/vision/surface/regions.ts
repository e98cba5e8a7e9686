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

/** Sets zeros that are not 4-connected to the border of the picture to 255. @param mask in work memory, as above. */
export function fillHoles(mask: Uint8Array, width: number, height: number, memory: WorkMemory): void {
  const { count, start, end, root } = connectRuns(mask, width, height, true, memory)
  const outside = memory.bytes(count).fill(0)
  for (let run = 0; run < count; run++) {
    const [from, to] = [start[run]!, end[run]!]
    if (from < width || to > mask.length - width || from % width === 0 || to % width === 0)
      outside[root[run]!] = 1
  }
  for (let run = 0; run < count; run++) if (outside[root[run]!] === 0) mask.fill(255, start[run], end[run])
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
