import type { Detection, Xyxy } from '../../types.js'

/** Intersection over union; 0 when the boxes do not overlap. */
export function iou(a: Xyxy, b: Xyxy): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const both = width * height
  return both / (area(a) + area(b) - both)
}

/**
 * Greedy non-maximum suppression: of two boxes of one class, or of any, with an IoU above `maxIou`, the less confident
 * is removed. The result is in the order of `byConfidence`.
 */
export function suppress(
  detections: readonly Detection[],
  maxIou: number,
  among: 'class' | 'all' = 'class',
): Detection[] {
  const kept: Detection[] = []
  for (const candidate of [...detections].sort(byConfidence)) {
    const isSuppressed = kept.some(
      ({ classId, xyxy }) =>
        (among === 'all' || classId === candidate.classId) && iou(xyxy, candidate.xyxy) > maxIou,
    )
    if (!isSuppressed) kept.push(candidate)
  }
  return kept
}

/** Most confident first, then by x1, y1 and class, so that the order does not depend on the input's. */
export function byConfidence(a: Detection, b: Detection): number {
  return (
    b.confidence - a.confidence || a.xyxy[0] - b.xyxy[0] || a.xyxy[1] - b.xyxy[1] || a.classId - b.classId
  )
}

function area([x1, y1, x2, y2]: Xyxy): number {
  return (x2 - x1) * (y2 - y1)
}
