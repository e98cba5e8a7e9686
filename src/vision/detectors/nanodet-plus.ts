import type { Detection } from '../../types.js'
import { cellCount, fitsCells, onlyPicture } from './cells.js'
import { unnamedClasses } from './coco.js'
import { type Decode, type Family, outputNamed, UnfitOutput } from './family.js'
import { boxAround } from './nanodet.js'
import { byConfidence } from './nms.js'
import type { OnnxFile } from './onnx-file.js'

const allStrides = [8, 16, 32, 64]
/** Values of the distributions of distances in the configurations of NanoDet. */
const knownBins = [8, 11]
// `nms_pre` of the original test settings; bounds the work on a frame with many boxes of low confidence.
const maxCandidates = 1000

/**
 * NanoDet and NanoDet-Plus (github.com/RangiLyu/nanodet, tools/export_onnx.py): for each cell the probabilities of the
 * classes, then four distributions of distances. NanoDet-Plus has four levels, and cells are meant by their corner.
 */
export const nanodetPlus: Family = {
  name: 'nanodet-plus',
  expects: 'one output [1, N, C + 32] or [1, N, C + 44] with N cells of strides 8, 16, 32 and, in Plus, 64',
  recognize(file) {
    const form = formOf(file)
    if (form === undefined) return undefined
    return {
      preprocessing: {
        // As in the configurations: NanoDet-Plus was trained on stretched pictures, NanoDet with black padding.
        ...(form.isPlus ? { fit: 'stretch', pad: 'mean' } : { fit: 'center', pad: 0 }),
        ...{ channels: 'BGR', resampling: 'opencv-warp', multiple: form.isPlus ? 64 : 32 },
        mean: [103.53, 116.28, 123.675],
        std: [57.375, 57.12, 58.395],
      },
      classes: unnamedClasses(form.classes),
      nms: 'class',
      defaults: { confidence: 0.4, faint: 0.4, nmsIou: 0.6, inputSize: 640 },
      decoder: () => decoderOf(form),
    }
  },
}

function decoderOf({ output, classes, bins, strides, isPlus }: Form): Decode {
  const channels = classes + 4 * bins
  const center = isPlus ? 0 : 0.5
  return (outputs, { inputWidth, inputHeight, confidence, isWanted }) => {
    const { data } = outputNamed(outputs, output)
    if (data.length !== channels * cellCount(inputWidth, inputHeight, strides)) {
      throw new UnfitOutput(
        `gives ${data.length} values: expected those of the cells of ${inputWidth}x${inputHeight} pixels`,
      )
    }
    const found: Detection[] = []
    let at = 0
    for (const stride of strides) {
      const [columns, rows] = [Math.ceil(inputWidth / stride), Math.ceil(inputHeight / stride)]
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++, at += channels) {
          for (let classId = 0; classId < classes; classId++) {
            const score = data[at + classId]!
            if (score < confidence || !isWanted(classId)) continue
            const [x, y] = [(column + center) * stride, (row + center) * stride]
            const distances = { values: data, at: at + classes, step: 1, bins, inputWidth, inputHeight }
            const xyxy = boxAround(x, y, stride, distances)
            found.push({ xyxy, confidence: score, classId })
          }
        }
      }
    }
    return found.sort(byConfidence).slice(0, maxCandidates)
  }
}

interface Form {
  readonly output: string
  readonly classes: number
  readonly bins: number
  readonly strides: readonly number[]
  readonly isPlus: boolean
}

function formOf({ inputs, outputs, heads }: OnnxFile): Form | undefined {
  const [output, ...others] = outputs
  const sides = onlyPicture(inputs)
  if (output?.shape.length !== 3 || others.length > 0 || sides === undefined) return undefined
  const { channels = [], splits = [], operators = [] } = heads[output.name] ?? {}
  // One convolution for each level gives all values; the classes are then split from the distances, for their sigmoid.
  const levels = channels.length
  const [width = 0] = channels
  const isPlus = levels === allStrides.length
  if (!operators.includes('Split') || (levels !== 3 && !isPlus) || output.shape[2] !== width) return undefined
  const [, distances = isPlus ? 32 : 0] = splits[0] ?? []
  const bins = distances / 4
  const strides = allStrides.slice(0, levels)
  if (!knownBins.includes(bins) || width <= distances || !fitsCells(output.shape[1], sides, strides)) {
    return undefined
  }
  return { output: output.name, classes: width - distances, bins, strides, isPlus }
}
