import type { Detection } from '../../types.js'
import { type DecodeContext, type Output, UnfitOutput } from './family.js'
import { byConfidence } from './nms.js'

/**
 * Detections of a transformer's queries. As in the originals a query may be of several classes, and there are at most
 * as many detections as queries.
 * @param logits [1, queries, slots]; slots after the known classes, such as the background, are left out.
 * @param boxes [1, queries, 4]: center, width and height, in shares of the input.
 */
export function decodeQueries(
  logits: Output,
  boxes: Output,
  classes: number,
  context: DecodeContext,
): Detection[] {
  const [, queries = 0, slots = 0] = logits.dims
  if (logits.dims.length !== 3 || boxes.data.length !== 4 * queries) {
    throw new UnfitOutput(
      `gives logits [${logits.dims.join(', ')}] with boxes [${boxes.dims.join(', ')}]: expected one box for each query`,
    )
  }
  // Of few scores the sigmoid is needed.
  const least = Math.log(context.confidence / (1 - context.confidence))
  const found: Detection[] = []
  for (let classId = 0; classId < Math.min(classes, slots); classId++) {
    if (!context.isWanted(classId)) continue
    for (let query = 0; query < queries; query++) {
      const logit = logits.data[query * slots + classId]!
      if (logit < least) continue
      const xyxy = boxOf(boxes.data, 4 * query, context)
      found.push({ xyxy, confidence: 1 / (1 + Math.exp(-logit)), classId })
    }
  }
  return found.sort(byConfidence).slice(0, queries)
}

/** The box whose center, width and height, in shares of the input, begin at an index, in pixels of the input. */
export function boxOf(
  values: Float32Array,
  at: number,
  { inputWidth, inputHeight }: DecodeContext,
): Detection['xyxy'] {
  const [x, y] = [values[at]! * inputWidth, values[at + 1]! * inputHeight]
  const [width, height] = [values[at + 2]! * inputWidth, values[at + 3]! * inputHeight]
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
}
