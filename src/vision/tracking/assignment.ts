/**
 * Assigns rows to columns one to one at the least total cost, where an unassigned row costs `gate`, so that no pair
 * costs more than that. Shortest augmenting paths with dual prices, O(rows² · (rows + columns)) (Jonker and Volgenant
 * 1987).
 *
 * @param costs row-major, `rows * columns`; Infinity forbids a pair.
 * @returns for each row its column, or -1.
 */
export function assign(costs: Float64Array, rows: number, columns: number, gate: number): Int32Array {
  // `rows` additional columns with cost `gate` stand for "unassigned".
  const width = columns + rows
  const cost = (row: number, column: number) =>
    column < columns ? Math.min(costs[row * columns + column]!, forbidden) : gate
  const rowPrice = new Float64Array(rows)
  const columnPrice = new Float64Array(width)
  const rowOf = new Int32Array(width).fill(-1)
  const reached = new Float64Array(width)
  const before = new Int32Array(width)
  const done = new Uint8Array(width)

  for (let start = 0; start < rows; start++) {
    reached.fill(Number.POSITIVE_INFINITY)
    before.fill(-1)
    done.fill(0)
    let row = start
    let last = -1
    let distance = 0
    for (;;) {
      let nearest = -1
      for (let column = 0; column < width; column++) {
        if (done[column]) continue
        const through = distance + cost(row, column) - rowPrice[row]! - columnPrice[column]!
        if (through < reached[column]!) {
          reached[column] = through
          before[column] = last
        }
        if (nearest < 0 || reached[column]! < reached[nearest]!) nearest = column
      }
      distance = reached[nearest]!
      done[nearest] = 1
      last = nearest
      if (rowOf[nearest]! < 0) break
      row = rowOf[nearest]!
    }
    rowPrice[start]! += distance
    for (let column = 0; column < width; column++) {
      if (!done[column] || column === last) continue
      const slack = distance - reached[column]!
      columnPrice[column]! -= slack
      rowPrice[rowOf[column]!]! += slack
    }
    for (let column = last; column >= 0; column = before[column]!) {
      rowOf[column] = before[column]! < 0 ? start : rowOf[before[column]!]!
    }
  }

  const result = new Int32Array(rows).fill(-1)
  for (let column = 0; column < columns; column++) {
    const row = rowOf[column]!
    if (row >= 0 && costs[row * columns + column]! <= gate) result[row] = column
  }
  return result
}

/** Replaces Infinity, which would make the prices NaN. */
const forbidden = 1e9
