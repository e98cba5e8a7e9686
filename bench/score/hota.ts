import { assign } from '../../dist/vision/tracking/assignment.js'
import { type FoundBox, iou, type TrueBox } from './matching.js'

/** The boxes of one frame. */
export interface BoxPair {
  readonly truth: readonly TrueBox[]
  readonly found: readonly FoundBox[]
}

export interface HotaScore {
  readonly hota: number
  /** Detection and association accuracy: HOTA is the mean of the root of their products at each IoU. */
  readonly detA: number
  readonly assA: number
}

/** IoU thresholds of a hit, over which the score is averaged: 0.05, 0.10, …, 0.95. */
const thresholds = Array.from({ length: 19 }, (_, i) => (i + 1) / 20)

/** A frame with ids as numbers from 0, and IoU of each true box with each found one. */
interface Numbered {
  readonly rows: readonly number[]
  readonly columns: readonly number[]
  readonly similarity: readonly number[]
  /** The pairs of the frame: those whose identities agree best over the video, weighted by IoU. */
  readonly pairs: readonly (readonly [row: number, column: number, similarity: number])[]
}

/**
 * HOTA (Luiten, Osep, Dendorfer, Torr, Geiger, Leal-Taixé, Leibe: HOTA: A Higher Order Metric for Evaluating
 * Multi-Object Tracking, IJCV 2021). A match counts by how much of the two identities agrees over the whole video.
 */
export function hotaScore(frames: readonly BoxPair[]): HotaScore {
  const players = numbering(frames.flatMap(({ truth }) => truth.map(({ id }) => id)))
  const tracks = numbering(frames.flatMap(({ found }) => found.map(({ id }) => id)))
  const width = tracks.counts.length
  const agreement = new Float64Array(players.counts.length * width)
  const numbered = frames.map(({ truth, found }): Omit<Numbered, 'pairs'> => {
    const similarity = truth.flatMap(player => found.map(({ box }) => iou(player.box, box)))
    return {
      rows: truth.map(({ id }) => players.numberOf.get(id)!), // every id has a number
      columns: found.map(({ id }) => tracks.numberOf.get(id)!),
      similarity,
    }
  })
  for (const { rows, columns, similarity } of numbered)
    addAgreement(agreement, width, rows, columns, similarity)
  for (let i = 0; i < agreement.length; i++) {
    const together = players.counts[Math.floor(i / width)]! + tracks.counts[i % width]! - agreement[i]!
    agreement[i]! /= together
  }
  const paired = numbered.map(frame => ({ ...frame, pairs: pairsOf(frame, agreement, width) }))
  const scores = thresholds.map(threshold => accuracies(paired, players.counts, tracks.counts, threshold))
  const mean = (score: (of: { detA: number; assA: number }) => number) =>
    scores.reduce((sum, each) => sum + score(each), 0) / scores.length
  return {
    hota: mean(({ detA, assA }) => Math.sqrt(detA * assA)),
    detA: mean(({ detA }) => detA),
    assA: mean(({ assA }) => assA),
  }
}

/** Adds to each pair of identities the share that it has in the IoU of both boxes with all others. */
function addAgreement(
  agreement: Float64Array,
  width: number,
  rows: readonly number[],
  columns: readonly number[],
  similarity: readonly number[],
): void {
  const at = (i: number, j: number) => similarity[i * columns.length + j]!
  const rowSums = rows.map((_, i) => columns.reduce((sum, _, j) => sum + at(i, j), 0))
  const columnSums = columns.map((_, j) => rows.reduce((sum, _, i) => sum + at(i, j), 0))
  for (const [i, row] of rows.entries()) {
    for (const [j, column] of columns.entries()) {
      const shared = at(i, j)
      if (shared > 0) agreement[row * width + column]! += shared / (rowSums[i]! + columnSums[j]! - shared)
    }
  }
}

function pairsOf(
  { rows, columns, similarity }: Omit<Numbered, 'pairs'>,
  agreement: Float64Array,
  width: number,
): Numbered['pairs'] {
  const costs = Float64Array.from(similarity, (shared, k) => {
    const [row, column] = [rows[Math.floor(k / columns.length)]!, columns[k % columns.length]!]
    return 1 - agreement[row * width + column]! * shared
  })
  const columnOf = assign(costs, rows.length, columns.length, rows.length + 1)
  return rows.flatMap((row, i) => {
    const j = columnOf[i]!
    return j < 0 ? [] : [[row, columns[j]!, similarity[i * columns.length + j]!] as const]
  })
}

/** Detection and association accuracy at one threshold. */
function accuracies(
  frames: readonly Numbered[],
  players: readonly number[],
  tracks: readonly number[],
  threshold: number,
): { detA: number; assA: number } {
  const width = tracks.length
  const hits = new Float64Array(players.length * width)
  let [hit, boxes] = [0, 0]
  for (const { rows, columns, pairs } of frames) {
    boxes += rows.length + columns.length
    for (const [row, column, similarity] of pairs) {
      if (similarity < threshold - 1e-9) continue
      hit++
      hits[row * width + column]!++
    }
  }
  const associated = hits.reduce((sum, count, i) => {
    const together = players[Math.floor(i / width)]! + tracks[i % width]! - count
    return sum + (count === 0 ? 0 : (count * count) / together)
  }, 0)
  return { detA: boxes === 0 ? 1 : hit / (boxes - hit), assA: hit === 0 ? 0 : associated / hit }
}

/** Numbers from 0 in the order of first appearance, and how often each id appears. */
function numbering(ids: readonly number[]): { numberOf: Map<number, number>; counts: number[] } {
  const numberOf = new Map<number, number>()
  const counts: number[] = []
  for (const id of ids) {
    const number = numberOf.get(id) ?? numberOf.size
    numberOf.set(id, number)
    counts[number] = (counts[number] ?? 0) + 1
  }
  return { numberOf, counts }
}
