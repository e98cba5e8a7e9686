import { assign } from '../../dist/vision/tracking/assignment.js'
import { type FrameMatches, overlaps } from './matching.js'

export interface IdentityScore {
  /** 2 IDTP / (2 IDTP + IDFP + IDFN); 1 when there is nothing to find and nothing was found. */
  readonly idf1: number
  /** Number of true players and of tracks, ignored ones excepted. */
  readonly players: number
  readonly tracks: number
}

/**
 * IDF1 (Ristani, Solera, Zou, Cucchiara, Tomasi: Performance Measures and a Data Set for Multi-Target,
 * Multi-Camera Tracking, ECCV workshops 2016): assigns at most one track to each player over the whole video, so
 * that the number of boxes with the right identity is largest. Ignored players and the boxes on them do not count.
 */
export function identityScore(frames: readonly FrameMatches[]): IdentityScore {
  const rows = new Map<number, number>()
  const columns = new Map<number, number>()
  const overlapping = new Map<string, number>()
  let boxes = 0
  for (const { hits, missed, falseAlarms } of frames) {
    const players = [...hits.map(hit => hit.player), ...missed]
    const found = [...hits.map(hit => hit.found), ...falseAlarms]
    boxes += players.length + found.length
    for (const { id } of players) addNumber(rows, id)
    for (const { id } of found) addNumber(columns, id)
    for (const player of players) {
      for (const box of found) {
        if (!overlaps(player.box, box.box)) continue
        const pair = `${rows.get(player.id)} ${columns.get(box.id)}`
        overlapping.set(pair, (overlapping.get(pair) ?? 0) + 1)
      }
    }
  }
  const shared = (row: number, column: number) => overlapping.get(`${row} ${column}`) ?? 0
  const most = Math.max(0, ...overlapping.values())
  const costs = Float64Array.from(
    { length: rows.size * columns.size },
    (_, i) => most - shared(Math.floor(i / columns.size), i % columns.size),
  )
  const chosen = assign(costs, rows.size, columns.size, most)
  const right = chosen.reduce((sum, column, row) => sum + shared(row, column), 0)
  return { idf1: boxes === 0 ? 1 : (2 * right) / boxes, players: rows.size, tracks: columns.size }
}

/** Numbers the ids in the order of their first appearance. */
function addNumber(numbers: Map<number, number>, id: number): void {
  if (!numbers.has(id)) numbers.set(id, numbers.size)
}
