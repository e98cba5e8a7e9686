import { assign } from '../../dist/vision/tracking/assignment.js'
import { type Judgement, overlaps } from './judge.js'

export interface IdentityScore {
  /** 2 IDTP / (2 IDTP + IDFP + IDFN); 1 when there is nothing to find and nothing was found. */
  readonly idf1: number
  /** True players and computed tracks that take part. */
  readonly players: number
  readonly tracks: number
}

/**
 * IDF1 (Ristani, Solera, Zou, Cucchiara, Tomasi: Performance Measures and a Data Set for Multi-Target,
 * Multi-Camera Tracking, ECCV workshops 2016): one track at most for each player over the whole video,
 * chosen so that misses and false boxes are fewest, which is that boxes with the right identity are most.
 * Ignored players and the boxes on them are left out beforehand.
 */
export function identityScore(frames: readonly Judgement[]): IdentityScore {
  const rows = new Map<number, number>()
  const columns = new Map<number, number>()
  const together = new Map<string, number>()
  let boxes = 0
  for (const { hits, missed, falseAlarms } of frames) {
    const players = [...hits.map(hit => hit.player), ...missed]
    const found = [...hits.map(hit => hit.found), ...falseAlarms]
    boxes += players.length + found.length
    for (const { id } of players) numberOf(rows, id)
    for (const { id } of found) numberOf(columns, id)
    for (const player of players) {
      for (const box of found) {
        if (!overlaps(player.box, box.box)) continue
        const pair = `${rows.get(player.id)} ${columns.get(box.id)}`
        together.set(pair, (together.get(pair) ?? 0) + 1)
      }
    }
  }
  const shared = (row: number, column: number) => together.get(`${row} ${column}`) ?? 0
  const most = Math.max(0, ...together.values())
  const costs = Float64Array.from(
    { length: rows.size * columns.size },
    (_, i) => most - shared(Math.floor(i / columns.size), i % columns.size),
  )
  const chosen = assign(costs, rows.size, columns.size, most)
  const right = chosen.reduce((sum, column, row) => sum + shared(row, column), 0)
  return { idf1: boxes === 0 ? 1 : (2 * right) / boxes, players: rows.size, tracks: columns.size }
}

/** The position of an id in the order of first appearance. */
function numberOf(known: Map<number, number>, id: number): void {
  if (!known.has(id)) known.set(id, known.size)
}
