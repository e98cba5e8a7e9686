import { assign } from '../../dist/vision/tracking/assignment.js'
import { detectionScore } from './detection.js'
import { type BoxPair, type HotaScore, hotaScore } from './hota.js'
import { matchFrame } from './matching.js'

export interface TrackingScore extends HotaScore {
  readonly frames: number
  readonly recall: number
  readonly precision: number
  /** Of the boxes that are hits at IoU 0.5: the share that one track to one player can have, as an F1 score. */
  readonly idf1: number
  /** Share of the hits that are on the player whom their track hits most often. */
  readonly purity: number
  /** Tracks that hit a player at least once; mean over all players. */
  readonly tracksPerIdentity: number
  readonly tracks: number
  readonly identities: number
}

/**
 * Scores tracks on frames of a video. IDF1 counts the hits of a one-to-one match in each frame, so that two boxes on one
 * player are not both right; `identityScore` counts all boxes that overlap.
 */
export function trackingScore(frames: readonly BoxPair[]): TrackingScore {
  const matches = frames.map(({ truth, found }) => matchFrame(truth, found))
  const players = [...new Set(frames.flatMap(({ truth }) => truth.map(({ id }) => id)))]
  const tracks = [...new Set(frames.flatMap(({ found }) => found.map(({ id }) => id)))]
  const hits = new Float64Array(players.length * tracks.length)
  const [rowOf, columnOf] = [indexOf(players), indexOf(tracks)]
  for (const { player, found } of matches.flatMap(match => match.hits)) {
    hits[rowOf.get(player.id)! * tracks.length + columnOf.get(found.id)!]!++ // both are in the lists
  }
  const at = (row: number, column: number) => hits[row * tracks.length + column]!
  const most = hits.reduce((largest, count) => Math.max(largest, count), 0)
  const costs = hits.map(count => most - count)
  const chosen = assign(costs, players.length, tracks.length, most)
  const right = chosen.reduce((sum, column, row) => sum + (column < 0 ? 0 : at(row, column)), 0)
  const boxes = frames.reduce((sum, { truth, found }) => sum + truth.length + found.length, 0)
  const { recall, precision, hits: hit } = detectionScore(matches)
  const ofPlayer = (column: number) => players.reduce((best, _, row) => Math.max(best, at(row, column)), 0)
  const pure = tracks.reduce((sum, _, column) => sum + ofPlayer(column), 0)
  return {
    frames: frames.length,
    ...{ recall, precision },
    idf1: boxes === 0 ? 1 : (2 * right) / boxes,
    ...hotaScore(frames),
    purity: hit === 0 ? 1 : pure / hit,
    tracksPerIdentity: players.length === 0 ? 0 : hits.filter(count => count > 0).length / players.length,
    tracks: tracks.length,
    identities: players.length,
  }
}

const indexOf = (ids: readonly number[]) => new Map(ids.map((id, index) => [id, index]))
