import type { Role, TrueBystander } from '../sample/truth.js'
import { type FoundBox, leastVisible, matchFrame } from './matching.js'

/** Of the people with a role who do not play. */
export interface KeptScore {
  /** How many were seen. */
  readonly people: number
  /** How many of these a run took for players in at least one frame. */
  readonly kept: number
  /** Tracks on them. */
  readonly tracks: number
  /** Boxes on them. */
  readonly boxes: number
}

/** Counts whom a run kept who does not play. @param frames the boxes on no player, and the others who are there. */
export function keptBystanders(
  frames: readonly { readonly others: readonly TrueBystander[]; readonly falseAlarms: readonly FoundBox[] }[],
): Record<Role, KeptScore> {
  const score = (role: Role): KeptScore => {
    const [people, kept, tracks] = [new Set<number>(), new Set<number>(), new Set<number>()]
    let boxes = 0
    for (const { others, falseAlarms } of frames) {
      for (const { id, visible, role: his } of others) {
        if (his === role && visible >= leastVisible) people.add(id)
      }
      // All roles take part, so that a box goes to whom it fits best.
      for (const { player, found } of matchFrame(others, falseAlarms).hits) {
        if (player.role !== role) continue
        kept.add(player.id)
        tracks.add(found.id)
        boxes++
      }
    }
    return { people: people.size, kept: kept.size, tracks: tracks.size, boxes }
  }
  return { spectator: score('spectator'), bench: score('bench'), official: score('official') }
}
