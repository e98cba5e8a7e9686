import type { Detection, Xyxy } from '../../types.js'
import { inRows } from './best-class.js'
import { untoldNote } from './box-lists.js'
import { onlyPicture } from './cells.js'
import { type Decode, type Family, outputNamed } from './family.js'
import type { OnnxFile } from './onnx-file.js'
import { orientedBoxes } from './oriented.js'
import { letterbox, type UltralyticsMetadata, ultralyticsMetadata } from './ultralytics.js'

/** Channels: corners, score, class. What follows belongs to masks, key points or the angle. */
const box = 6

/**
 * YOLO of Ultralytics that gives final boxes, in pixels of the input: exported with `nms=True`, or of networks that
 * need no suppression (v10, 26). Rows without a box are zero.
 */
export const yoloEndToEnd: Family = {
  name: 'yolo-end-to-end',
  expects: 'output [1, N, 6] of a YOLO with suppression in the file',
  recognize(file) {
    const metadata = metadataOf(file)
    const [output] = file.outputs
    if (metadata === undefined || output === undefined) return undefined
    const { stride, names, inputSize, notes, task } = metadata
    return {
      preprocessing: letterbox(stride),
      // The number of classes cannot be seen in the output.
      classes: names ?? 'untold',
      nms: 'none',
      defaults: { confidence: 0.25, faint: 0.4, nmsIou: 0.7, inputSize },
      notes: names === undefined ? [...notes, untoldNote] : notes,
      decoder: () => decoderOf(output.name, task),
    }
  },
}

function decoderOf(output: string, task: UltralyticsMetadata['task']): Decode {
  return (outputs, { confidence, isWanted }) => {
    const { data, dims } = outputNamed(outputs, output)
    const [, boxes = 0, channels = 0] = dims
    const boxAt =
      task === 'obb'
        ? orientedBoxes(data, inRows(boxes, channels), channels - 1).boxAt
        : (i: number): Xyxy => {
            const at = i * channels
            return [data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!]
          }
    const found: Detection[] = []
    for (let i = 0; i < boxes; i++) {
      const [score, classId] = [data[i * channels + 4]!, Math.round(data[i * channels + 5]!)]
      if (score < confidence || !isWanted(classId)) continue
      found.push({ xyxy: boxAt(i), confidence: score, classId })
    }
    return found
  }
}

function metadataOf({
  inputs,
  outputs,
  metadata: texts,
  operators,
}: OnnxFile): UltralyticsMetadata | undefined {
  const [output] = outputs
  const metadata = ultralyticsMetadata(texts)
  if (output?.shape.length !== 3 || onlyPicture(inputs) === undefined || metadata === undefined)
    return undefined
  const { task } = metadata
  if (outputs.length !== (task === 'segment' ? 2 : 1)) return undefined
  const [, , channels = 0] = output.shape
  if (task === 'detect' ? channels !== box : channels <= box) return undefined
  // RT-DETR of Ultralytics has the same shape and other boxes; its attention samples grids.
  const isSelected = operators.includes('TopK') || operators.includes('NonMaxSuppression')
  return isSelected && !operators.includes('GridSample') ? metadata : undefined
}
