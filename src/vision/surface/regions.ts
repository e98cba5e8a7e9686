import type { WorkMemory } from './work-memory.js'

/** Connected regions of a mask, labeled from 1 in raster order; label 0 is where the mask is 0. */
export interface Regions {
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
  const { count, start, end, root } = connectRuns(mask, width, height, false, memory)
  const labels = memory.ints(mask.length).fill(0)
  const labelOf = memory.ints(count)
  const regions: Region[] = [{ area: 0, y1: 0, y2: 0 }]
  for (let run = 0; run < count; run++) {
    const y = Math.floor(start[run]! / width)
    if (root[run] === run) {
      labelOf[run] = regions.length
      regions.push({ area: 0, y1: y, y2: y })
    }
    const label = labelOf[root[run]!]!
    labels.fill(label, start[run], end[run])
    const region = regions[label]!
    region.area += end[run]! - start[run]!
    region.y2 = y + 1
  }
  return { labels, regions }
}

/** Sets zeros that are not 4-connected to the border of the picture to 255. */
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

/** Runs of pixels along the rows, in raster order: indices of their first pixels and of those after their last. */
interface Runs {
  readonly count: number
  readonly start: Int32Array
  readonly end: Int32Array
  /** For each run the first run of its component. */
  readonly root: Int32Array
}

/**
 * Connected components over runs instead of pixels (He, Chao and Suzuki 2008), by union and find.
 * @param zeros whether to find the 4-connected components of zeros or the 8-connected ones of other values.
 */
function connectRuns(
  mask: Uint8Array,
  width: number,
  height: number,
  zeros: boolean,
  memory: WorkMemory,
): Runs {
  const maxRuns = height * Math.ceil(width / 2)
  const [start, end, root] = [memory.ints(maxRuns), memory.ints(maxRuns), memory.ints(maxRuns)]
  const reach = zeros ? 0 : 1
  let above = 0
  let count = 0
  for (let y = 0, i = 0; y < height; y++) {
    const first = count
    for (const rowEnd = i + width; i < rowEnd; ) {
      const from = i
      const isZero = mask[i] === 0
      while (i < rowEnd && (mask[i] === 0) === isZero) i++
      if (isZero !== zeros) continue
      start[count] = from
      end[count] = i
      root[count] = count++
    }
    for (let a = above, b = first; a < first && b < count; ) {
      const until = end[a]! + width
      if (start[a]! + width < end[b]! + reach && start[b]! < until + reach) join(root, a, b)
      if (until < end[b]!) a++
      else b++
    }
    above = first
  }
  // A root precedes its runs, so one pass resolves all.
  for (let run = 0; run < count; run++) root[run] = root[root[run]!]!
  return { count, start, end, root }
}

function join(root: Int32Array, a: number, b: number): void {
  while (root[a] !== a) a = root[a] = root[root[a]!]!
  while (root[b] !== b) b = root[b] = root[root[b]!]!
  if (a < b) root[b] = a
  else root[a] = b
}
