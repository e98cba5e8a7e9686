import type { Detection, Xyxy } from '../../types.js'
import type { KitColors } from './appearance.js'

/** One detected player in one frame. */
export interface Observation {
  readonly detection: Detection
  readonly kit: KitColors
}

/** Doubt of a box: at least this, as even sure boxes are not exact, and more by the share that others cover. */
const leastDoubt = 0.25
const coveredDoubt = 0.4

/** A box of which others cover more than this mostly shows one of them, or is a part of the same player. */
export const mostlyCovered = 0.6

/** What is to be thought of a box. */
interface Reliability {
  /** How inexact the box is, 0 to 1. */
  readonly doubt: number
  /** Share of the box that a more confident one covers, at most. */
  readonly covered: number
}

/** An observation with what is to be thought of its box. */
export type Evidence = Observation & Reliability

/** Adds the doubt of each box: from its confidence, and from its neighbors. */
export function withDoubt(observations: readonly Observation[]): Evidence[] {
  const reliable = reliabilityOf(observations.map(({ detection }) => detection))
  // One for each observation, in order.
  return observations.map((observation, i) => ({ ...observation, ...reliable[i]! }))
}

/** From the confidences of the boxes of one frame, and from how they cover each other; in their order. */
export function reliabilityOf(boxes: readonly Pick<Detection, 'xyxy' | 'confidence'>[]): Reliability[] {
  return boxes.map(box => {
    let [shared, covered] = [0, 0]
    for (const other of boxes) {
      if (other === box) continue
      const share = coveredShare(box.xyxy, other.xyxy)
      shared = Math.max(shared, share)
      if (other.confidence > box.confidence) covered = Math.max(covered, share)
    }
    const doubt = Math.min(1, Math.max(leastDoubt, 1 - box.confidence) + coveredDoubt * shared)
    return { doubt, covered }
  })
}

/** Share of a box that another one covers. */
function coveredShare([x1, y1, x2, y2]: Xyxy, other: Xyxy): number {
  const width = Math.min(x2, other[2]) - Math.max(x1, other[0])
  const height = Math.min(y2, other[3]) - Math.max(y1, other[1])
  return width <= 0 || height <= 0 ? 0 : (width * height) / ((x2 - x1) * (y2 - y1))
}

/** Share of a box that one of the others covers, at most. */
export const coveredBy = (box: Xyxy, others: readonly Xyxy[]): number =>
  others.reduce((most, other) => Math.max(most, coveredShare(box, other)), 0)
