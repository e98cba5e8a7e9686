import { assign } from './assignment.js'
import { type Evidence, mostlyCovered } from './evidence.js'
import type { Track } from './track.js'

/**
 * Nats by which a pair must explain a detection better than anything else does. With less, two players of one kit would
 * trade their tracks at every second meeting; a gap in a track, or a new one, is a smaller harm. A lost track may be
 * anywhere, and is held to more.
 */
const safeMargin = { seen: 0.3, lost: 0.75 }

export interface Matches {
  readonly pairs: readonly (readonly [Track, Evidence])[]
  /** Unmatched tracks and observations, in order. */
  readonly missed: readonly Track[]
  readonly left: readonly Evidence[]
}

/**
 * @param gate largest cost of a pair; above, a new player is more likely.
 * @param lost tracks that are only matched where nothing else explains the observation nearly as well.
 * @param handicap is added to the cost of a pair; Infinity forbids it.
 */
export function match(
  tracks: readonly Track[],
  observations: readonly Evidence[],
  gate: number,
  lost: ReadonlySet<Track> = new Set(),
  handicap: (track: Track, observation: Evidence) => number = () => 0,
): Matches {
  const costs = costsOf(tracks, observations, gate, handicap)
  const columnOf = assign(costs, tracks.length, observations.length, gate)
  const pairs: (readonly [Track, Evidence])[] = []
  const missed: Track[] = []
  const left = new Set(observations)
  for (const [row, track] of tracks.entries()) {
    const observation = observations[columnOf[row]!]
    const isLost = lost.has(track)
    if (observation === undefined || !isSafe(costs, observations.length, columnOf, row, gate, isLost)) {
      missed.push(track)
    } else {
      pairs.push([track, observation])
      left.delete(observation)
    }
  }
  return { pairs, missed, left: [...left] }
}

/**
 * Costs of all pairs; Infinity beyond the gate. Where a track could have moved to several people, or a person could be
 * several tracks, a strange kit is a strong sign of another person. Who is alone is followed by motion: there, mostly the
 * ground behind the player has changed.
 */
function costsOf(
  tracks: readonly Track[],
  observations: readonly Evidence[],
  gate: number,
  handicap: (track: Track, observation: Evidence) => number,
): Float64Array {
  const columns = observations.length
  const costs = new Float64Array(tracks.length * columns).fill(Number.POSITIVE_INFINITY)
  const people = new Uint32Array(tracks.length)
  const rivals = new Uint32Array(columns)
  const near: number[] = []
  for (const [row, track] of tracks.entries()) {
    for (const [column, observation] of observations.entries()) {
      const cost = track.motionCost(observation)
      if (cost > gate) continue
      costs[row * columns + column] = cost
      near.push(row * columns + column)
      rivals[column]!++
      if (observation.covered <= mostlyCovered) people[row]!++
    }
  }
  for (const at of near) {
    const [row, column] = [Math.floor(at / columns), at % columns]
    const [track, observation] = [tracks[row]!, observations[column]!]
    const contested = people[row]! > 1 || rivals[column]! > 1
    costs[at]! += track.kitCost(observation, contested) + handicap(track, observation)
  }
  return costs
}

/**
 * Whether the pair of a row costs clearly less than each other explanation of the same tracks and observations: that the
 * tracks are exchanged and, for a lost track, that it is another observation or the player is new.
 */
function isSafe(
  costs: Float64Array,
  columns: number,
  columnOf: Int32Array,
  row: number,
  gate: number,
  isLost: boolean,
): boolean {
  const column = columnOf[row]!
  const cost = (of: number, at: number) => costs[of * columns + at]!
  let rival = Number.POSITIVE_INFINITY
  if (isLost) {
    rival = gate
    const taken = new Set(columnOf)
    for (let at = 0; at < columns; at++) if (!taken.has(at)) rival = Math.min(rival, cost(row, at))
  }
  // Another track for this observation; if it has one of its own, that goes to this track or to nobody.
  for (let of = 0; of < columnOf.length; of++) {
    const own = columnOf[of]!
    if (of === row) continue
    const exchanged = own < 0 ? 0 : Math.min(cost(row, own), gate) - cost(of, own)
    rival = Math.min(rival, cost(of, column) + exchanged)
  }
  return cost(row, column) + (isLost ? safeMargin.lost : safeMargin.seen) <= rival
}
