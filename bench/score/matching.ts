import type { Xyxy } from '../../dist/types.js'
import { assign } from '../../dist/vision/tracking/assignment.js'

/** A true player in one frame; see the truth format in ../sample/truth.ts. */
export interface TrueBox {
  readonly id: number
  readonly box: Xyxy
  /** Share of the figure that is visible, 0 to 1. */
  readonly visible: number
}

/** A box that a run found, with the identity that it gave. */
export interface FoundBox {
  readonly id: number
  readonly box: Xyxy
}

/** One frame of a run compared with the truth: each true player is in one of three lists, and so is each found box. */
export interface FrameMatches<True extends TrueBox = TrueBox, Found extends FoundBox = FoundBox> {
  readonly hits: readonly { readonly player: True; readonly found: Found }[]
  readonly missed: readonly True[]
  readonly falseAlarms: readonly Found[]
  /** Players of whom too little is visible, and the boxes on them: neither right nor wrong. */
  readonly ignored: { readonly players: readonly True[]; readonly found: readonly Found[] }
}

/** Least IoU of a hit (MOTChallenge, PASCAL VOC). */
const hitIou = 0.5
/** With less, a player counts neither as missed nor, when found, as a false alarm: MOTChallenge's "ignore". */
export const leastVisible = 0.25

/**
 * Matches players and boxes one to one: as many pairs as possible, then the largest sum of IoU. Boxes that remain are
 * matched with the ignored players; visible players come first, because one box may fit both.
 */
export function matchFrame<True extends TrueBox, Found extends FoundBox>(
  truth: readonly True[],
  found: readonly Found[],
): FrameMatches<True, Found> {
  const scored = truth.filter(player => player.visible >= leastVisible)
  const hidden = truth.filter(player => player.visible < leastVisible)
  const first = match(scored, found)
  const second = match(hidden, first.spare)
  return {
    hits: first.hits,
    missed: first.unmatched,
    falseAlarms: second.spare,
    ignored: { players: hidden, found: second.hits.map(hit => hit.found) },
  }
}

function match<True extends TrueBox, Found extends FoundBox>(
  truth: readonly True[],
  found: readonly Found[],
) {
  const costs = Float64Array.from({ length: truth.length * found.length }, (_, i) => {
    const [player, box] = [truth[Math.floor(i / found.length)], found[i % found.length]]
    const overlap = player && box ? iou(player.box, box.box) : 0
    return overlap >= hitIou ? 1 - overlap : Number.POSITIVE_INFINITY
  })
  // A player without a box costs more than all pairs together, so that the number of pairs comes first.
  const columns = assign(costs, truth.length, found.length, truth.length + 1)
  const hits: { player: True; found: Found }[] = []
  const unmatched: True[] = []
  for (const [row, player] of truth.entries()) {
    const box = found[columns[row] ?? -1]
    if (box === undefined) unmatched.push(player)
    else hits.push({ player, found: box })
  }
  const taken = new Set(hits.map(hit => hit.found))
  return { hits, unmatched, spare: found.filter(box => !taken.has(box)) }
}

/** Whether two boxes overlap enough to belong to one player. */
export function overlaps(a: Xyxy, b: Xyxy): boolean {
  return iou(a, b) >= hitIou
}

/** Intersection over union, 0 to 1. */
export function iou(a: Xyxy, b: Xyxy): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)
}
