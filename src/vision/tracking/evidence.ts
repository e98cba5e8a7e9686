import type { Detection, Xyxy } from '../../types.js'
import type { ShirtColors } from './appearance.js'

/** One detected player in one frame. */
export interface Observation {
  readonly detection: Detection
  readonly shirt: ShirtColors
}

/** Doubt of a box: at least this, as even sure boxes are not exact, and more by the share that others cover. */
const leastDoubt = 0.25
const coveredDoubt = 0.4

/** An observation with what is to be thought of its box. */
export interface Evidence extends Observation {
  /** How inexact the box is, 0 to 1. */
  readonly doubt: number
}

/** Adds the doubt of each box: from its confidence, and from its neighbors. */
export function withDoubt(observations: readonly Observation[]): Evidence[] {
  return observations.map(observation => {
    const { xyxy, confidence } = observation.detection
    const covered = observations.reduce(
      (most, other) =>
        other === observation ? most : Math.max(most, coveredShare(xyxy, other.detection.xyxy)),
      0,
    )
    const doubt = Math.min(1, Math.max(leastDoubt, 1 - confidence) + coveredDoubt * covered)
    return { ...observation, doubt }
  })
}

/** Share of a box that another one covers. */
function coveredShare([x1, y1, x2, y2]: Xyxy, other: Xyxy): number {
  const width = Math.min(x2, other[2]) - Math.max(x1, other[0])
  const height = Math.min(y2, other[3]) - Math.max(y1, other[1])
  return width <= 0 || height <= 0 ? 0 : (width * height) / ((x2 - x1) * (y2 - y1))
}
