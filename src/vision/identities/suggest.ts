import {
  type ComparedTrack,
  type Comparison,
  comparable,
  compare,
  mayBeOne,
  probability,
} from './similarity.js'
import type { RememberedTracks } from './track-summary.js'
import { type Why, whyOf } from './why.js'

/** Two tracks that may be one person. */
export interface Suggestion {
  /** Ids; the first one began first. */
  readonly tracks: readonly [earlier: number, later: number]
  /** Last frame of the earlier track and first frame of the later one. */
  readonly frames: readonly [last: number, first: number]
  /** Probability, 0 to 1, in steps of 0.001. */
  readonly similarity: number
  readonly why: Why
}

/** Which tracks of a run may be one person. */
export interface Identities {
  /** The most similar first. */
  readonly pairs: readonly Suggestion[]
  /** Tracks that were compared, and those that were forgotten, with few sightings among too many tracks. */
  readonly tracks: number
  readonly tracksLeftOut: number
}

/** Suggested pairs of one track. */
const mostPerTrack = 5
/** Of the pairs from here to 0.4, one in four was right: fewer are not worth a look. */
const leastSimilarity = 0.2
/** Earlier tracks that are weighed against each other as the past of one track. */
const mostPasts = 12

/** The likely pairs, the most similar first: at most 2.5 times as many as tracks. Never two that were seen together. */
export function suggest({ summaries, leftOut }: RememberedTracks): Identities {
  const tracks = summaries.map(comparable).sort((a, b) => a.first.frame - b.first.frame || a.id - b.id)
  const pairs = tracks.flatMap((later, i) => likeliestPasts(later, tracks.slice(0, i)))
  const byLater = grouped(pairs, ({ later }) => later)
  const byEarlier = grouped(pairs, ({ earlier }) => earlier)
  const suggestions = pairs
    .map(pair => {
      const { earlier, later } = pair
      // Of two people who were seen together, only one can be the same as a third.
      const rivals = [
        ...(byLater.get(later) ?? []).filter(other => !mayBeOne(other.earlier, earlier)),
        ...(byEarlier.get(earlier) ?? []).filter(other => !mayBeOne(other.later, later)),
      ].filter(other => other !== pair)
      const similarity = probability(pair, rivals)
      return { pair, similarity: Math.round(similarity * 1000) / 1000 }
    })
    .filter(({ similarity }) => similarity >= leastSimilarity)
    .sort((a, b) => b.similarity - a.similarity || inOrder(a.pair, b.pair))
  return {
    pairs: atMostPerTrack(suggestions).map(({ pair, similarity }) => ({
      tracks: [pair.earlier.id, pair.later.id],
      frames: [pair.earlier.last.frame, pair.later.first.frame],
      similarity,
      why: whyOf(pair),
    })),
    ...{ tracks: tracks.length, tracksLeftOut: leftOut },
  }
}

function likeliestPasts(later: ComparedTrack, before: readonly ComparedTrack[]): Comparison[] {
  let least = Number.NEGATIVE_INFINITY
  let best: Comparison[] = []
  for (const earlier of before) {
    const pair = compare(earlier, later)
    if (pair === undefined || pair.odds <= least) continue
    best.push(pair)
    // Not at every pair: there are millions.
    if (best.length < 4 * mostPasts) continue
    best = likeliest(best)
    least = best.at(-1)?.odds ?? least
  }
  return likeliest(best)
}

const likeliest = (pairs: readonly Comparison[]): Comparison[] =>
  pairs.toSorted((a, b) => b.odds - a.odds || inOrder(a, b)).slice(0, mostPasts)

const inOrder = (a: Comparison, b: Comparison): number =>
  a.earlier.id - b.earlier.id || a.later.id - b.later.id

function grouped(
  pairs: readonly Comparison[],
  by: (pair: Comparison) => ComparedTrack,
): Map<ComparedTrack, Comparison[]> {
  const groups = new Map<ComparedTrack, Comparison[]>()
  for (const pair of pairs) {
    const group = groups.get(by(pair))
    if (group === undefined) groups.set(by(pair), [pair])
    else group.push(pair)
  }
  return groups
}

function atMostPerTrack<Scored extends { readonly pair: Comparison }>(sorted: readonly Scored[]): Scored[] {
  const counts = new Map<ComparedTrack, number>()
  return sorted.filter(({ pair: { earlier, later } }) => {
    const both = [earlier, later].map(track => counts.get(track) ?? 0)
    if (both.some(count => count >= mostPerTrack)) return false
    for (const [i, track] of [earlier, later].entries()) counts.set(track, both[i]! + 1)
    return true
  })
}
