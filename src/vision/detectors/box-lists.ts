import type { Detection, Xyxy } from '../../types.js'
import { type DecodeContext, type Output, UnfitOutput } from './family.js'
import { byConfidence } from './nms.js'

/** What a network with its own NMS finds: the box, the score and the class of each. */
export interface BoxLists {
  readonly boxes: Output
  readonly scores: Output
  readonly labels: Output
  /** Number of boxes, where the lists are longer. */
  readonly count?: number | undefined
}

export const untoldNote =
  'The file does not name its classes: all are taken. A models.json beside it can name them'

/** Most boxes of a picture: bounds the work on a network that suppresses none. */
const maxBoxes = 1000

/** @param classes number of known classes. @param box maps the values of a box to pixels of the input. */
export function decodeLists(
  { boxes, scores, labels, count = scores.data.length }: BoxLists,
  { confidence, isWanted }: DecodeContext,
  classes: number,
  box: (a: number, b: number, c: number, d: number) => Xyxy,
): Detection[] {
  const { length } = scores.data
  if (labels.data.length !== length || boxes.data.length !== 4 * length || !(count >= 0 && count <= length)) {
    throw new UnfitOutput(
      `gives ${boxes.data.length} values for boxes, ${length} scores and ${labels.data.length} classes: expected one of each for ${count} boxes`,
    )
  }
  const found: Detection[] = []
  for (let i = 0; i < count; i++) {
    const [score, classId] = [scores.data[i]!, labels.data[i]!]
    if (score < confidence) continue
    if (!(classId >= 0 && classId < classes)) {
      throw new UnfitOutput(`gives the class ${classId} of ${classes}: name all in a models.json beside it`)
    }
    if (!isWanted(classId)) continue
    const [a, b, c, d] = boxes.data.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number]
    found.push({ xyxy: box(a, b, c, d), confidence: score, classId })
  }
  return found.sort(byConfidence).slice(0, maxBoxes)
}
