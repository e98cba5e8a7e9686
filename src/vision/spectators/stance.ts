import type { Xyxy } from '../../types.js'

/** How a person has stood since the track began. Boxes are in pixels of the first frame of the shot. */
export interface Stance {
  /** Where the track began. */
  readonly start: Xyxy
  readonly startMs: number
  /** Where it was about a second ago. */
  readonly recent: Xyxy
  readonly recentMs: number
  readonly lastMs: number
  /** Has left the spot: plays, from then on. */
  readonly moved: boolean
  /** Sum and number of the heights as a share of the one expected in the row, where that is known. */
  readonly sizes: number
  readonly sized: number
}

export const newStance = (xyxy: Xyxy, ms: number): Stance => ({
  ...{ start: xyxy, startMs: ms, recent: xyxy, recentMs: ms, lastMs: ms },
  ...{ moved: false, sizes: 0, sized: 0 },
})

export const heightOf = ([, y1, , y2]: Xyxy): number => y2 - y1

/**
 * How far a person has gone between two boxes, in heights. It counts by how much both sides of the box have moved: with one
 * alone the person was covered, or stood up.
 */
export function shiftOf(from: Xyxy, to: Xyxy): number {
  return Math.hypot(common(from, to, 0), common(from, to, 1)) / Math.max(1, heightOf(from))
}

function common(from: Xyxy, to: Xyxy, axis: 0 | 1): number {
  const [one, other] = axis === 0 ? [to[0] - from[0], to[2] - from[2]] : [to[1] - from[1], to[3] - from[3]]
  return one * other <= 0 ? 0 : Math.min(Math.abs(one), Math.abs(other))
}
