import { bestClasses, centered, inRows } from './best-class.js'
import { cellCount, onlyPicture } from './cells.js'
import { unnamedClasses } from './coco.js'
import { type Decode, type Family, outputNamed } from './family.js'
import type { OnnxFile } from './onnx-file.js'
import { letterbox, type UltralyticsMetadata, ultralyticsMetadata, unused } from './ultralytics.js'

/** With three anchors for each cell; the second grid is that of the networks called P6. */
const grids = [
  [8, 16, 32],
  [8, 16, 32, 64],
]
const anchors = 3
/** Channels before the classes: center, size, objectness. */
const box = 5
/** Channels after the classes in a segmentation model. */
const masks = 32

/** Classic YOLOv5 (github.com/ultralytics/yolov5, export.py), and YOLOv7 without its own suppression. */
export const yolov5: Family = {
  name: 'yolov5',
  expects: 'output [1, N, 5 + C] with N three times the cells of strides 8, 16, 32',
  recognize(file) {
    const form = formOf(file)
    if (form === undefined) return undefined
    const { classes, metadata, hasMasks } = form
    return {
      preprocessing: letterbox(metadata.stride),
      classes: metadata.names ?? unnamedClasses(classes),
      nms: 'class',
      // Those of its detect.py; `faint` as for the other YOLOs.
      defaults: { confidence: 0.25, faint: 0.4, nmsIou: 0.45, inputSize: metadata.inputSize },
      notes: hasMasks ? [unused.segment] : [],
      decoder: () => decoderOf(form),
    }
  },
}

function decoderOf({ output, classes }: Form): Decode {
  return (outputs, context) => {
    const { data, dims } = outputNamed(outputs, output)
    const layout = inRows(dims[1] ?? 0, dims[2] ?? 0)
    const scores = { ...layout, first: box, classes, objectness: 4 }
    return bestClasses(data, scores, context, centered(data, layout))
  }
}

interface Form {
  readonly output: string
  readonly classes: number
  readonly metadata: UltralyticsMetadata
  readonly hasMasks: boolean
}

function formOf({ inputs, outputs, metadata: texts, heads }: OnnxFile): Form | undefined {
  // Old exports have the three levels as further outputs.
  const [output] = outputs
  const sides = onlyPicture(inputs)
  const metadata = ultralyticsMetadata(texts)
  if (output?.shape.length !== 3 || sides === undefined || metadata === undefined) return undefined
  const { names } = metadata
  const [, count, channels = box + (names?.length ?? 0)] = output.shape
  const classes = names?.length ?? channels - box
  const further = channels - box - classes
  if (classes < 1 || (further !== 0 && further !== masks)) return undefined
  const { width, height } = sides
  // Sizes are squares of sigmoids; in YOLOX they are exponentials.
  const { operators = [] } = heads[output.name] ?? {}
  if (operators.includes('Exp') || !operators.some(type => type === 'Pow' || type === 'Mul')) return undefined
  const isGrid =
    count === undefined || width === undefined || height === undefined
      ? operators.includes('Pow')
      : grids.some(strides => count === anchors * cellCount(width, height, strides))
  return isGrid ? { output: output.name, classes, metadata, hasMasks: further > 0 } : undefined
}
