import type { Detection, Xyxy } from '../../types.js'
import { type DecodeContext, UnfitOutput } from './family.js'
import { byConfidence } from './nms.js'

// Bounds the work of suppression on a frame with many boxes of low confidence.
const maxCandidates = 3000

/** Numbers of an output: channel `c` of box `i` is at `i * box + c * channel`. */
export interface Layout {
  readonly boxes: number
  readonly box: number
  readonly channel: number
}

/** The layout [1, boxes, channels]. */
export const inRows = (boxes: number, channels: number): Layout => ({ boxes, box: channels, channel: 1 })
/** The layout [1, channels, boxes]. */
export const inColumns = (boxes: number): Layout => ({ boxes, box: 1, channel: boxes })

interface Scores extends Layout {
  /** Channel of the first class. */
  readonly first: number
  readonly classes: number
  /** Channel of a score that all classes are multiplied by. */
  readonly objectness?: number
}

/**
 * Boxes of the most probable class of each candidate, as in the predictors of YOLO: a candidate whose most probable
 * class is not wanted is no box, whatever its other scores.
 * @param boxAt box of a candidate, in pixels of the input.
 * @throws UnfitOutput when the output is shorter than its layout.
 */
export function bestClasses(
  values: Float32Array,
  scores: Scores,
  { confidence, isWanted }: DecodeContext,
  boxAt: (candidate: number) => Xyxy,
): Detection[] {
  const { boxes, box, channel, first, classes, objectness } = scores
  const last = (boxes - 1) * box + (first + classes - 1) * channel
  if (boxes < 1 || last >= values.length)
    throw new UnfitOutput(`gives ${values.length} values: expected ${classes} classes of ${boxes} boxes`)
  const found: Detection[] = []
  for (let i = 0; i < boxes; i++) {
    const at = i * box
    const factor = objectness === undefined ? 1 : values[at + objectness * channel]!
    if (factor < confidence) continue
    let classId = 0
    let best = values[at + first * channel]!
    for (let id = 1; id < classes; id++) {
      const score = values[at + (first + id) * channel]!
      if (score > best) {
        best = score
        classId = id
      }
    }
    const score = factor * best
    if (score >= confidence && isWanted(classId)) found.push({ xyxy: boxAt(i), confidence: score, classId })
  }
  return found.length > maxCandidates ? found.sort(byConfidence).slice(0, maxCandidates) : found
}

/** Corners of a box by its center. */
export const around = (x: number, y: number, width: number, height: number): Xyxy => [
  x - width / 2,
  y - height / 2,
  x + width / 2,
  y + height / 2,
]

/** The box in the first four channels: center and size in pixels. */
export function centered(values: Float32Array, { box, channel }: Layout): (candidate: number) => Xyxy {
  return i => {
    const at = i * box
    return around(values[at]!, values[at + channel]!, values[at + 2 * channel]!, values[at + 3 * channel]!)
  }
}
