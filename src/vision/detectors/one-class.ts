import type { Detection } from '../../types.js'
import { iou } from './nms.js'

/** Boxes of two classes with at least this IoU are of one object: two players hide each other before they overlap so much. */
const sameObject = 0.8

/**
 * Gives each object one class: where a model sees a person as a player and as a goalkeeper, the less confident
 * detection is removed.
 * @param detections the most confident first.
 */
export function oneClassEach(detections: readonly Detection[]): Detection[] {
  const kept: Detection[] = []
  for (const candidate of detections) {
    const isSeen = kept.some(
      ({ classId, xyxy }) => classId !== candidate.classId && iou(xyxy, candidate.xyxy) >= sameObject,
    )
    if (!isSeen) kept.push(candidate)
  }
  return kept
}
