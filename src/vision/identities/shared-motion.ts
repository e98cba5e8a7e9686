import type { Xyxy } from '../../types.js'
import type { Motion } from '../tracking/motion.js'

/** A box of a track in one frame. */
export interface TrackBox {
  readonly id: number
  readonly xyxy: Xyxy
  readonly confidence: number
}

/**
 * How the picture moves, by the tracks that are in both frames: the median of their shifts. That follows the camera and
 * the play, and needs no pixels, so that a start from detections can do it too. Undefined without any, as at a cut.
 */
export function sharedMotion(before: readonly TrackBox[], now: readonly TrackBox[]): Motion | undefined {
  const centers = new Map(before.map(({ id, xyxy }) => [id, centerOf(xyxy)]))
  const shifts = now.flatMap(({ id, xyxy }) => {
    const was = centers.get(id)
    const is = centerOf(xyxy)
    return was === undefined ? [] : [[is[0] - was[0], is[1] - was[1]] as const]
  })
  if (shifts.length === 0) return undefined
  return { a: 1, b: 0, dx: median(shifts.map(([x]) => x)), dy: median(shifts.map(([, y]) => y)) }
}

const centerOf = ([x1, y1, x2, y2]: Xyxy) => [(x1 + x2) / 2, (y1 + y2) / 2] as const

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  // Not empty: the only call has a shift.
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
