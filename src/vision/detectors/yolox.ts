import type { Xyxy } from '../../types.js'
import { around, bestClasses, centered, inRows } from './best-class.js'
import { cellCount, fitsCells, onlyPicture } from './cells.js'
import { unnamedClasses } from './coco.js'
import { type Decode, type Family, outputNamed, UnfitOutput } from './family.js'
import type { OnnxFile } from './onnx-file.js'

const strides = [8, 16, 32]
/** Channels before the classes: center, size, objectness. */
const box = 5

/**
 * YOLOX (github.com/Megvii-BaseDetection/YOLOX), from its tools/export_onnx.py. By default that leaves boxes in cells of
 * the grid, with sizes as logarithms; with `--decode_in_inference` they are in pixels. Both have the same shape. The
 * operators tell: the exponential of the sizes is in the file, or there is no arithmetic after the convolutions at all.
 */
export const yolox: Family = {
  name: 'yolox',
  expects: 'one output [1, N, 5 + C] with N cells of strides 8, 16, 32',
  recognize(file) {
    const form = formOf(file)
    if (form === undefined) return undefined
    return {
      preprocessing: {
        ...{
          fit: 'corner',
          rounding: 'down',
          pad: 114,
          channels: 'BGR',
          resampling: 'opencv-resize',
          multiple: 32,
        },
        ...{ mean: [0, 0, 0], std: [1, 1, 1] },
      },
      classes: unnamedClasses(form.classes),
      // Across classes, as in YOLOX's demo: a player is not a referee as well.
      nms: 'all',
      // Chosen on the drawn sample with YOLOX-nano: recall .954 at precision .960. At the demo's IoU of 0.45 players who
      // overlap are lost (.948).
      defaults: { confidence: 0.35, faint: 0.4, nmsIou: 0.55, inputSize: 1280 },
      decoder: () => decoderOf(form),
    }
  },
}

function decoderOf({ output, isDecoded, classes }: Form): Decode {
  let grid: Grid | undefined
  return (outputs, context) => {
    const { data } = outputNamed(outputs, output)
    const { inputWidth: width, inputHeight: height } = context
    const layout = inRows(data.length / (box + classes), box + classes)
    if (layout.boxes !== cellCount(width, height, strides)) {
      throw new UnfitOutput(
        `gives ${layout.boxes} boxes: expected those of the cells of ${width}x${height} pixels`,
      )
    }
    if (grid?.width !== width || grid.height !== height) grid = gridOf(width, height)
    const boxAt = isDecoded ? centered(data, layout) : inCells(data, box + classes, grid)
    return bestClasses(data, { ...layout, first: box, classes, objectness: 4 }, context, boxAt)
  }
}

interface Form {
  readonly output: string
  readonly classes: number
  readonly isDecoded: boolean
}

function formOf({ inputs, outputs, heads }: OnnxFile): Form | undefined {
  const [output, ...others] = outputs
  const sides = onlyPicture(inputs)
  if (output?.shape.length !== 3 || others.length > 0 || sides === undefined) return undefined
  const { operators = [], channels = [], splits = [] } = heads[output.name] ?? {}
  const isDecoded = operators.includes('Exp')
  const isRaw = !operators.some(type => arithmetic.has(type)) && splits.length === 0
  if (!isDecoded && !isRaw) return undefined
  // The convolutions of each level give the box, the objectness and the classes. A file of dynamic batch has no sizes.
  const sum = channels.reduce((total, count) => total + count, 0) / strides.length
  const [, cells, width = sum] = output.shape
  if (channels.length !== 3 * strides.length || sum !== width || width <= box) return undefined
  if (!fitsCells(cells, sides, strides)) return undefined
  return { output: output.name, classes: width - box, isDecoded }
}

/** What decodes boxes. The sigmoid of the scores is in all exports. */
const arithmetic = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Exp', 'Softmax'])

interface Grid {
  readonly width: number
  readonly height: number
  /** Column, row and stride of each cell. */
  readonly cells: Float32Array
}

function gridOf(width: number, height: number): Grid {
  const cells = new Float32Array(3 * cellCount(width, height, strides))
  let at = 0
  for (const stride of strides) {
    for (let row = 0; row < height / stride; row++) {
      for (let column = 0; column < width / stride; column++, at += 3) cells.set([column, row, stride], at)
    }
  }
  return { width, height, cells }
}

function inCells(values: Float32Array, channels: number, { cells }: Grid): (cell: number) => Xyxy {
  return i => {
    const at = i * channels
    const [column, row, stride] = [cells[3 * i]!, cells[3 * i + 1]!, cells[3 * i + 2]!]
    return around(
      (values[at]! + column) * stride,
      (values[at + 1]! + row) * stride,
      Math.exp(values[at + 2]!) * stride,
      Math.exp(values[at + 3]!) * stride,
    )
  }
}
