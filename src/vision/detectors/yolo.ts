import { bestClasses, centered, inColumns } from './best-class.js'
import { fitsCells, onlyPicture } from './cells.js'
import { unnamedClasses } from './coco.js'
import { type Decode, type Family, outputNamed } from './family.js'
import type { OnnxFile } from './onnx-file.js'
import { orientedBoxes } from './oriented.js'
import { letterbox, type UltralyticsMetadata, ultralyticsMetadata } from './ultralytics.js'

/** Networks with finer or coarser cells than the usual ones are called P2 and P6. */
const grids = [
  [8, 16, 32],
  [4, 8, 16, 32],
  [8, 16, 32, 64],
]

/**
 * YOLOv5u, v8, v9, v10, 11, 12, 26 of Ultralytics without suppression in the file: center and size in pixels, then
 * the probability of each class. What follows the classes belongs to masks, key points or the angle.
 */
export const yolo: Family = {
  name: 'yolo',
  expects: 'output [1, 4 + C, N] with N cells of strides 8, 16, 32, as Ultralytics exports it',
  recognize(file) {
    const form = formOf(file)
    if (form === undefined) return undefined
    const { classes, metadata } = form
    return {
      preprocessing: letterbox(metadata.stride),
      classes: metadata.names ?? unnamedClasses(classes),
      // Oriented boxes are suppressed by the decoding, before they are upright.
      nms: metadata.task === 'obb' ? 'none' : 'class',
      // Those of Ultralytics' predictor and, for `faint`, of its trackers.
      defaults: { confidence: 0.25, faint: 0.4, nmsIou: 0.7, inputSize: metadata.inputSize },
      notes: metadata.notes,
      decoder: () => decoderOf(form),
    }
  },
}

function decoderOf({ output, classes, metadata }: Form): Decode {
  return (outputs, context) => {
    const { data, dims } = outputNamed(outputs, output)
    const [, channels = 0, boxes = 0] = dims
    const layout = inColumns(boxes)
    const scores = { ...layout, first: 4, classes }
    if (metadata.task !== 'obb') return bestClasses(data, scores, context, centered(data, layout))
    const { boxAt, suppress } = orientedBoxes(data, layout, channels - 1)
    return suppress(bestClasses(data, scores, context, boxAt), context.nmsIou)
  }
}

interface Form {
  readonly output: string
  readonly classes: number
  readonly metadata: UltralyticsMetadata
}

function formOf({ inputs, outputs, metadata: texts }: OnnxFile): Form | undefined {
  const [output] = outputs
  const sides = onlyPicture(inputs)
  const metadata = ultralyticsMetadata(texts)
  if (output?.shape.length !== 3 || sides === undefined || metadata === undefined) return undefined
  const { names, task } = metadata
  if (outputs.length !== (task === 'segment' ? 2 : 1)) return undefined
  const [, channels = 4 + (names?.length ?? 0), cells] = output.shape
  const classes = names?.length ?? channels - 4
  const isComplete = task === 'detect' ? channels === 4 + classes : channels > 4 + classes
  if (classes < 1 || !isComplete) return undefined
  // Without names, or sides, there would be no evidence that it is this family.
  if (cells === undefined) return names === undefined ? undefined : { output: output.name, classes, metadata }
  if (sides.width === undefined || sides.height === undefined) return undefined
  return grids.some(strides => fitsCells(cells, sides, strides))
    ? { output: output.name, classes, metadata }
    : undefined
}
