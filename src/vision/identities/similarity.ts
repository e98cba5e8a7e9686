import { type KitColors, kitDifference } from '../tracking/appearance.js'
import type { Missing, TrackSummary } from './track-summary.js'

/** A track, ready to be compared with many. */
export interface ComparedTrack extends TrackSummary {
  readonly colors: KitColors
  readonly missingById: ReadonlyMap<number, Missing>
}

/** What is compared of two tracks, of which `earlier` began first. */
export interface Comparison {
  readonly earlier: ComparedTrack
  readonly later: ComparedTrack
  /** 0 (equal) to 1. */
  readonly kit: number
  /** Where the earlier one was expected when the later one began; undefined if that cannot be told. */
  readonly missing: Missing | undefined
  /** Log-odds that the two are one person, as if there were no other tracks. */
  readonly odds: number
}

/**
 * Log-odds by a logistic regression on 70 000 pairs of tracks, of which 4800 were one person: of a real game (box
 * lacrosse, panning and zooming) at 5, 10 and 30 frames a second and of two drawn matches, weighted alike, in which players
 * were hidden for 0.5 to 6.5 s. The kit tells less the fewer looks there were.
 */
const placed = { constant: -0.68, misfit: -1.24, mostMisfit: 12, kit: -26.2, gap: 1.64, fewLooks: 1.07 }
/**
 * Of the likeliest pairs, this share was right: of those by place and kit, and of those by the kit alone, which teammates
 * share.
 */
const most = { placed: 0.98, unplaced: 0.5 }
const unplaced = { constant: -1.73, kit: -46.2, fewLooks: 2.19 }

/** The same for the log-odds with those of the rivals, on the same pairs. */
const among = { constant: 2.32, own: 1.01, rivals: -2.09 }

export const comparable = (track: TrackSummary): ComparedTrack => ({
  ...track,
  colors: Float32Array.from(track.kit.colors),
  missingById: new Map(track.missing.map(missing => [missing.track, missing])),
})

/** Undefined if both were seen in one frame, or might have been. */
export function compare(earlier: ComparedTrack, later: ComparedTrack): Comparison | undefined {
  if (!mayBeOne(earlier, later)) return undefined
  const missing = later.missingById.get(earlier.id)
  const kit = kitDifference(earlier.colors, later.colors)
  const looks = 1 / Math.sqrt(Math.min(earlier.kit.weight, later.kit.weight) + 0.2)
  return { earlier, later, kit, missing, odds: logOdds(kit, looks, missing) }
}

/** Whether one of two tracks is known to be out of sight wherever the other one is seen. */
export const mayBeOne = (a: ComparedTrack, b: ComparedTrack): boolean =>
  a.last.frame < b.first.frame ||
  b.last.frame < a.first.frame ||
  a.missingById.has(b.id) ||
  b.missingById.has(a.id)

function logOdds(kit: number, looks: number, missing: Missing | undefined): number {
  if (missing === undefined) return unplaced.constant + unplaced.kit * kit + unplaced.fewLooks * looks
  const place = placed.misfit * Math.min(placed.mostMisfit, missing.misfit)
  const gap = placed.gap * Math.log(0.2 + missing.seconds)
  return placed.constant + place + gap + placed.kit * kit + placed.fewLooks * looks
}

/**
 * Probability that the two are one person.
 * @param rivals other pairs, which cannot be true together with this one.
 */
export function probability({ odds, missing }: Comparison, rivals: readonly Comparison[]): number {
  const others = Math.log1p(rivals.reduce((sum, rival) => sum + Math.exp(rival.odds), 0))
  const chance = 1 / (1 + Math.exp(-(among.constant + among.own * odds + among.rivals * others)))
  return Math.min(chance, missing === undefined ? most.unplaced : most.placed)
}
