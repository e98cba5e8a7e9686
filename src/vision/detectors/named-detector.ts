import type { Detection } from '../../types.js'
import { withoutBodyParts } from './body-parts.js'
import { type Detector, type OpenNetwork, openDetector } from './detector.js'
import { detectorOptions, type GivenOptions, withRivals } from './detector-options.js'
import type { Model } from './model.js'
import { iou } from './nms.js'

/** Boxes of two classes with at least this IoU are of one object: two players hide each other before they overlap so much. */
const sameObject = 0.8

/** A detector as a run uses it: each object has one box and one class, by name, which was asked for. */
export async function openNamedDetector(
  model: Model,
  options: GivenOptions = {},
  open?: OpenNetwork,
): Promise<Detector> {
  const { classes, ...others } = detectorOptions(model, options)
  const detector = await openDetector(model, { ...others, classes: withRivals(model, classes) }, open)
  return {
    async detect(picture, rows) {
      return withoutBodyParts(oneClassEach(await detector.detect(picture, rows)), picture.height)
        .map(detection => ({ ...detection, className: model.classes[detection.classId] ?? '' }))
        .filter(({ className }) => classes.includes(className))
    },
    close: () => detector.close(),
  }
}

/**
 * Where a model sees a person as a player and as a goalkeeper, the less confident detection is removed.
 * @param detections the most confident first.
 */
function oneClassEach(detections: readonly Detection[]): Detection[] {
  const kept: Detection[] = []
  for (const candidate of detections) {
    const isSeen = kept.some(
      ({ classId, xyxy }) => classId !== candidate.classId && iou(xyxy, candidate.xyxy) >= sameObject,
    )
    if (!isSeen) kept.push(candidate)
  }
  return kept
}
