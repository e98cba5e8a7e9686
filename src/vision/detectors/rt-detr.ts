import type { Detection } from '../../types.js'
import { decodeLists, untoldNote } from './box-lists.js'
import { unnamedClasses } from './coco.js'
import {
  type Decode,
  type ExtraInput,
  type Family,
  type Output,
  outputNamed,
  type Preprocessing,
  type Traits,
  UnfitOutput,
} from './family.js'
import type { OnnxFile, TensorInfo } from './onnx-file.js'
import { boxOf, decodeQueries } from './queries.js'
import { parseNames } from './ultralytics.js'

/** Of one of the programs that export these networks. */
interface Export {
  readonly resampling: Preprocessing['resampling']
  readonly classes: Traits['classes']
  readonly notes?: readonly string[]
  decoder(classes: readonly string[]): Decode
}

/** RT-DETR, RT-DETRv2, D-FINE and DEIM: square pictures from 0 to 1, and a fixed number of boxes that need no NMS. */
export const rtDetr: Family = {
  name: 'rt-detr',
  expects:
    'RT-DETR of Ultralytics; outputs logits or pred_logits [1, Q, C] and pred_boxes [1, Q, 4]; or inputs images and orig_target_sizes with outputs labels, boxes and scores',
  recognize(file) {
    const found = exportOf(file)
    if (found === undefined) return undefined
    const { resampling, classes, notes = [], decoder } = found
    const sizes = targetSizes(file)
    return {
      preprocessing: {
        ...{ fit: 'stretch', pad: 0, channels: 'RGB', resampling, multiple: 32 },
        mean: [0, 0, 0],
        std: [255, 255, 255],
      },
      ...{ classes, notes, nms: 'none' },
      defaults: { confidence: 0.5, faint: 0.4, nmsIou: 0.5, inputSize: 640 },
      decoder,
      ...(sizes !== undefined && {
        extraInputs: (width, height) => ({ [sizes.name]: sizesOf(file, sizes, width, height) }),
      }),
    }
  },
}

const exportOf = (file: OnnxFile): Export | undefined => ultralytics(file) ?? logits(file) ?? deployed(file)

/**
 * Ultralytics: one output of boxes, each with its score and class since version 8.4, before with the scores of all
 * classes. The shape may be that of a YOLO with NMS inside, whose boxes are corners in pixels.
 */
function ultralytics(file: OnnxFile): Export | undefined {
  const [output] = file.outputs
  const { author, head, description = '', names = '' } = file.metadata
  const isDetr = head === undefined ? /rt-?detr/i.test(description) : head === 'RTDETRDecoder'
  if (output === undefined || author !== 'Ultralytics' || !isDetr) return undefined
  return {
    resampling: 'opencv-resize',
    classes: parseNames(names) ?? unnamedClasses((output.shape[2] ?? 84) - 4),
    decoder: () => (outputs, context) => {
      const { data, dims } = outputNamed(outputs, output.name)
      const [, boxes = 0, values = 0] = dims
      const least = head === undefined ? 5 : 6
      if (dims.length !== 3 || values < least) {
        throw new UnfitOutput(`gives [${dims.join(', ')}]: expected at least ${least} values for each box`)
      }
      const found: Detection[] = []
      for (let at = 0; at < boxes * values; at += values) {
        const row = data.subarray(at, at + values)
        const [classId, confidence] = head === undefined ? best(row) : [row[5]!, row[4]!]
        if (confidence < context.confidence || !context.isWanted(classId)) continue
        found.push({ xyxy: boxOf(row, 0, context), confidence, classId })
      }
      return found
    },
  }
}

/** Class and score of the best of the scores that follow a box. */
function best(row: Float32Array): [number, number] {
  let at = 4
  for (let i = 5; i < row.length; i++) if (row[i]! > row[at]!) at = i
  return [at - 4, row[at]!]
}

/** Transformers of Hugging Face, and the original repositories without their postprocessor. */
function logits(file: OnnxFile): Export | undefined {
  const scores = outputOf(file, 'logits') ?? outputOf(file, 'pred_logits')
  const boxes = outputOf(file, 'pred_boxes')
  if (scores?.shape.length !== 3 || boxes?.shape.length !== 3 || file.inputs.length !== 1) return undefined
  // Deformable attention; DETR and YOLOS, whose scores are of another kind, have none.
  if (!file.heads[scores.name]?.operators.includes('GridSample')) return undefined
  return {
    resampling: 'antialiased',
    classes: unnamedClasses(scores.shape[2] ?? 80),
    notes: [
      'It is taken for RT-DETR or D-FINE: Deformable DETR has outputs of the same names, and other colors',
    ],
    decoder:
      ({ length }) =>
      (outputs, context) =>
        decodeQueries(outputNamed(outputs, scores.name), outputNamed(outputs, boxes.name), length, context),
  }
}

const lists = ['labels', 'boxes', 'scores']

/** The original repositories, deployed: decoded inside, to the size that an input names. */
function deployed(file: OnnxFile): Export | undefined {
  if (targetSizes(file) === undefined || !lists.every(name => outputOf(file, name))) return undefined
  return {
    resampling: 'antialiased',
    ...{ classes: 'untold', notes: [untoldNote] },
    decoder:
      ({ length }) =>
      (outputs, context) => {
        const [labels, boxes, scores] = lists.map(name => outputNamed(outputs, name)) as [
          Output,
          Output,
          Output,
        ]
        return decodeLists({ labels, boxes, scores }, context, length, (...xyxy) => xyxy)
      },
  }
}

const targetSizes = ({ inputs }: OnnxFile) =>
  inputs.length === 2
    ? inputs.find(({ name, type }) => name === 'orig_target_sizes' && type === 'int64')
    : undefined

const outputOf = ({ outputs }: OnnxFile, name: string) => outputs.find(output => output.name === name)

/** The size of the input for each picture of the batch: boxes are then pixels of the input. */
function sizesOf({ inputs }: OnnxFile, sizes: TensorInfo, width: number, height: number): ExtraInput {
  const batch = inputs.find(input => input !== sizes)?.shape[0] ?? 1
  const data = BigInt64Array.from({ length: 2 * batch }, (_, i) => BigInt(i % 2 === 0 ? width : height))
  return { type: 'int64', data, dims: [batch, 2] }
}
