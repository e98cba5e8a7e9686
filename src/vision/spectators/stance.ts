import type { Xyxy } from '../../types.js'

/** Where someone was, in pixels of the first frame of the shot, when, and how far the camera had come. */
export interface Mark {
  readonly box: Xyxy
  readonly ms: number
  readonly travel: number
}

/** How a person has stood since the track began. */
export interface Stance {
  readonly startMs: number
  readonly lastMs: number
  /** That may have been left, and where the person was about a second ago. */
  readonly place: Mark
  readonly recent: Mark
  /** Has left the place: plays, from then on. */
  readonly moved: boolean
  /** Sum and number of the heights as a share of the one expected in the row, where that is known. */
  readonly sizes: number
  readonly sized: number
}

export const newStance = (now: Mark): Stance => ({
  ...{ startMs: now.ms, lastMs: now.ms, place: now, recent: now },
  ...{ moved: false, sizes: 0, sized: 0 },
})

export const heightOf = ([, y1, , y2]: Xyxy): number => y2 - y1

/** Share of the way of the camera by which someone who stands still seems to move: the motion is not exact. */
const drift = 0.1

/**
 * How far a person has gone, in heights, at the least. It counts by how much both sides of the box have moved: with one alone
 * the person was covered, or stood up.
 */
export function shiftOf(from: Mark, to: Mark): number {
  const shift = Math.hypot(common(from.box, to.box, 0), common(from.box, to.box, 1))
  return (shift - drift * (to.travel - from.travel)) / heightOf(from.box)
}

function common(from: Xyxy, to: Xyxy, axis: 0 | 1): number {
  const [one, other] = axis === 0 ? [to[0] - from[0], to[2] - from[2]] : [to[1] - from[1], to[3] - from[3]]
  return one * other <= 0 ? 0 : Math.min(Math.abs(one), Math.abs(other))
}
