import type { Scratch } from './work-memory.js'

/** Connected regions of a mask, numbered from 1 in raster order; 0 is where the mask is 0. */
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

/** Labels what is connected through edges or corners. */
export function findRegions(mask: Uint8Array, width: number, height: number, scratch: Scratch): Regions {
  const { count, start, end, root } = connectRuns(mask, width, height, false, scratch)
  const labels = scratch.ints(mask.length).fill(0)
  const labelOf = scratch.ints(count)
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

/** Sets what no path of zeros through edges connects to the picture's border. */
export function fillHoles(mask: Uint8Array, width: number, height: number, scratch: Scratch): void {
  const { count, start, end, root } = connectRuns(mask, width, height, true, scratch)
  const outside = scratch.bytes(count).fill(0)
  for (let run = 0; run < count; run++) {
    const [from, to] = [start[run]!, end[run]!]
    if (from < width || to > mask.length - width || from % width === 0 || to % width === 0)
      outside[root[run]!] = 1
  }
  for (let run = 0; run < count; run++) if (outside[root[run]!] === 0) mask.fill(255, start[run], end[run])
}

/** Runs of pixels along the rows, in raster order: indices of their first pixels and those after their last. */
interface Runs {
  readonly count: number
  readonly start: Int32Array
  readonly end: Int32Array
  /** The first run that each is connected to. */
  readonly root: Int32Array
}

/**
 * Connected components over runs instead of pixels (He, Chao and Suzuki 2008), by union and find.
 * @param zeros whether to take the zeros, connected through edges, or the others, through corners too.
 */
function connectRuns(
  mask: Uint8Array,
  width: number,
  height: number,
  zeros: boolean,
  scratch: Scratch,
): Runs {
  const most = height * Math.ceil(width / 2)
  const [start, end, root] = [scratch.ints(most), scratch.ints(most), scratch.ints(most)]
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
  // Roots come before what they root.
  for (let run = 0; run < count; run++) root[run] = root[root[run]!]!
  return { count, start, end, root }
}

function join(root: Int32Array, a: number, b: number): void {
  while (root[a] !== a) a = root[a] = root[root[a]!]!
  while (root[b] !== b) b = root[b] = root[root[b]!]!
  if (a < b) root[b] = a
  else root[a] = b
}
