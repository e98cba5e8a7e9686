import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { describe, expect, it } from 'vitest'
import { assign } from '../../../dist/vision/tracking/assignment.js'

const forbidden = Number.POSITIVE_INFINITY

describe('assign', () => {
  // Otherwise a greedy choice would take the 1 and have to take the 9.
  it('minimizes the total, not each row', () => {
    expect([...assign(Float64Array.of(1, 2, 2, 9), 2, 2, 100)]).toEqual([1, 0])
  })

  // Otherwise every track would get a detection at any distance.
  it('does not assign pairs above the gate', () => {
    expect([...assign(Float64Array.of(1, 8, 8, 7), 2, 2, 5)]).toEqual([0, -1])
    expect([...assign(Float64Array.of(forbidden, forbidden), 1, 2, 5)]).toEqual([-1])
  })

  // Otherwise the first frame and frames without figures would crash.
  it('accepts empty and unequal sides', () => {
    expect([...assign(new Float64Array(0), 0, 3, 5)]).toEqual([])
    expect([...assign(new Float64Array(0), 2, 0, 5)]).toEqual([-1, -1])
    expect([...assign(Float64Array.of(3, 1, 2), 3, 1, 5)]).toEqual([-1, 0, -1])
  })

  // Otherwise a wrong dual price would go unnoticed, because it affects only some matrices.
  it('has the same cost as the best of all assignments', () => {
    const generator = xoroshiro128plus(5)
    const random = () => uniformFloat64(generator)
    for (let round = 0; round < 300; round++) {
      const rows = 1 + Math.floor(random() * 5)
      const columns = 1 + Math.floor(random() * 5)
      const gate = random() * 10 - 3
      const costs = Float64Array.from({ length: rows * columns }, () =>
        random() < 0.1 ? forbidden : random() * 16 - 6,
      )
      const found = assign(costs, rows, columns, gate)
      let total = 0
      for (const [row, column] of found.entries()) total += column < 0 ? gate : costs[row * columns + column]!
      expect(new Set(found.filter(column => column >= 0)).size).toBe(
        found.filter(column => column >= 0).length,
      )
      expect(total).toBeCloseTo(cheapest(costs, rows, columns, gate), 9)
    }
  })
})

function cheapest(costs: Float64Array, rows: number, columns: number, gate: number): number {
  const best = (row: number, used: number): number => {
    if (row === rows) return 0
    let least = gate + best(row + 1, used)
    for (let column = 0; column < columns; column++) {
      if (used & (1 << column)) continue
      least = Math.min(least, costs[row * columns + column]! + best(row + 1, used | (1 << column)))
    }
    return least
  }
  return best(0, 0)
}
