import { assign } from './assignment.js'
import type { Evidence } from './evidence.js'
import type { Track } from './track.js'

/**
 * Nats by which a lost track must explain a detection better than anything else does. With less, two players of one kit
 * would trade their tracks at every second meeting; a new track is a smaller harm.
 */
const safeMargin = 0.75

export interface Matches {
  readonly pairs: readonly (readonly [Track, Evidence])[]
  /** Unmatched tracks and observations, in order. */
  readonly missed: readonly Track[]
  readonly left: readonly Evidence[]
}

/** @param lost tracks that are only matched where nothing else explains the observation nearly as well. */
export function match(
  tracks: readonly Track[],
  observations: readonly Evidence[],
  gate: number,
  lost: ReadonlySet<Track> = new Set(),
): Matches {
  const costs = Float64Array.from(
    tracks.flatMap(track => observations.map(observation => track.cost(observation))),
  )
  const columnOf = assign(costs, tracks.length, observations.length, gate)
  const pairs: (readonly [Track, Evidence])[] = []
  const missed: Track[] = []
  const left = new Set(observations)
  for (const [row, track] of tracks.entries()) {
    const observation = observations[columnOf[row]!]
    const safe = () => !lost.has(track) || isSafe(costs, observations.length, columnOf, row, gate)
    if (observation === undefined || !safe()) {
      missed.push(track)
    } else {
      pairs.push([track, observation])
      left.delete(observation)
    }
  }
  return { pairs, missed, left: [...left] }
}

/** Whether the pair of a row costs clearly less than each other explanation of the same tracks and observations. */
function isSafe(
  costs: Float64Array,
  columns: number,
  columnOf: Int32Array,
  row: number,
  gate: number,
): boolean {
  const column = columnOf[row]!
  const cost = (of: number, at: number) => costs[of * columns + at]!
  // A new player.
  let rival = gate
  // Another observation, which no track has, for this track.
  const taken = new Set(columnOf)
  for (let at = 0; at < columns; at++) if (!taken.has(at)) rival = Math.min(rival, cost(row, at))
  // Another track for this observation; if it has one of its own, that goes to this track or to nobody.
  for (let of = 0; of < columnOf.length; of++) {
    const own = columnOf[of]!
    if (of === row) continue
    const exchanged = own < 0 ? 0 : Math.min(cost(row, own), gate) - cost(of, own)
    rival = Math.min(rival, cost(of, column) + exchanged)
  }
  return cost(row, column) + safeMargin <= rival
}
