/** A connected piece of a mask on a grid, with its first row and the one after its last. */
export interface Piece {
  readonly area: number
  readonly y1: number
  readonly y2: number
}

/** Connected pieces of a mask, labeled from 1 in raster order; label 0 is where the mask is 0. */
export interface Pieces {
  readonly labels: Int32Array
  /** By label; entry 0 is empty. */
  readonly pieces: readonly Piece[]
}

/** Labels the 8-connected pieces of a small mask. */
export function findPieces(mask: Uint8Array, columns: number): Pieces {
  const labels = new Int32Array(mask.length)
  const pieces: Piece[] = [{ area: 0, y1: 0, y2: 0 }]
  const queue = new Int32Array(mask.length)
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || labels[start] !== 0) continue
    const label = pieces.length
    labels[start] = label
    queue[0] = start
    let [area, last] = [1, start]
    for (let next = 0; next < area; next++) {
      const i = queue[next]!
      last = Math.max(last, i)
      const column = i % columns
      for (let dx = column === 0 ? 0 : -1; dx <= (column === columns - 1 ? 0 : 1); dx++) {
        for (let beside = i + dx - columns; beside <= i + dx + columns; beside += columns) {
          if (!mask[beside] || labels[beside] !== 0) continue
          labels[beside] = label
          queue[area++] = beside
        }
      }
    }
    pieces.push({ area, y1: Math.floor(start / columns), y2: Math.floor(last / columns) + 1 })
  }
  return { labels, pieces }
}
