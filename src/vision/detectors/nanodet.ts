import type { Detection, Xyxy } from '../../types.js'
import { type DecodeContext, type Family, outputNamed, UnfitOutput } from './family.js'
import { byConfidence } from './nms.js'

// NanoDet's head: for each cell of these strides, row by row, the distances to the left, top, right and bottom of the
// box, as distributions over 0 … 10 strides (generalized focal loss, Li et al. 2020).
const strides = [8, 16, 32]
const bins = 11

// `nms_pre` of the original test settings; bounds the work on a frame with many boxes of low confidence.
const maxCandidates = 1000

/** NanoDet (github.com/RangiLyu/nanodet), as models/convert.ts writes it: scores and distances apart. */
export const nanodet: Family = {
  name: 'nanodet',
  expects: 'outputs scores [1, C, N] and bins [1, 44, N]',
  bytesPerPixel: 120,
  recognize({ outputs }) {
    const [scores, distances] = ['scores', 'bins'].map(name => outputs.find(output => output.name === name))
    if (scores === undefined || distances?.shape[1] !== 4 * bins) return undefined
    return {
      preprocessing: {
        ...{ fit: 'corner', pad: 'mean', channels: 'BGR', resampling: 'bilinear', multiple: 32 },
        mean: [103.53, 116.28, 123.675],
        std: [57.375, 57.12, 58.395],
      },
      classes: scores.shape[1] ?? 80,
      nms: 'class',
      defaults: { confidence: 0.4, faint: 0.4, nmsIou: 0.5, inputSize: 1280 },
      decoder: known => (outputs, context) => {
        const ids = known.map((_, id) => id).filter(context.isWanted)
        const [{ data }, { data: distances }] = [outputNamed(outputs, 'scores'), outputNamed(outputs, 'bins')]
        return decode(data, distances, context, ids).sort(byConfidence).slice(0, maxCandidates)
      },
    }
  },
}

/** @param scores [1, classes, anchors], 0 to 1. @param distances [1, 4 * bins, anchors], before softmax. */
function decode(
  scores: Float32Array,
  distances: Float32Array,
  { inputWidth, inputHeight, confidence }: DecodeContext,
  classIds: readonly number[],
): Detection[] {
  const anchors = distances.length / (4 * bins)
  const cells = strides.reduce((sum, stride) => sum + (inputWidth / stride) * (inputHeight / stride), 0)
  if (anchors !== cells || scores.length % anchors !== 0) {
    throw new UnfitOutput(
      `gives boxes for ${anchors} cells: expected ${cells} for ${inputWidth}x${inputHeight}`,
    )
  }
  const found: Detection[] = []
  let anchor = 0
  for (const stride of strides) {
    const [columns, rows] = [inputWidth / stride, inputHeight / stride]
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, anchor++) {
        let xyxy: Xyxy | undefined
        for (const classId of classIds) {
          const score = scores[classId * anchors + anchor]!
          if (score < confidence) continue
          xyxy ??= boxAround((column + 0.5) * stride, (row + 0.5) * stride, stride, {
            values: distances,
            ...{ at: anchor, step: anchors, bins },
            ...{ inputWidth, inputHeight },
          })
          found.push({ xyxy, confidence: score, classId })
        }
      }
    }
  }
  return found
}

/** Distributions of the four distances: `bins` values each, from index `at` in steps of `step`. */
interface Distances {
  readonly values: Float32Array
  readonly at: number
  readonly step: number
  readonly bins: number
  /** Limits of the box. */
  readonly inputWidth: number
  readonly inputHeight: number
}

/** The box at four distances from a point, which are expectations of distributions in strides, clipped to the input. */
export function boxAround(x: number, y: number, stride: number, distances: Distances): Xyxy {
  const side = (n: number) => stride * expectation(distances, n)
  const { inputWidth, inputHeight } = distances
  return [
    Math.max(0, x - side(0)),
    Math.max(0, y - side(1)),
    Math.min(inputWidth, x + side(2)),
    Math.min(inputHeight, y + side(3)),
  ]
}

/** Expected bin under the softmax of the values of a side. */
function expectation({ values, at, step, bins }: Distances, side: number): number {
  const first = at + side * bins * step
  let max = Number.NEGATIVE_INFINITY
  for (let bin = 0; bin < bins; bin++) max = Math.max(max, values[first + bin * step]!)
  let sum = 0
  let weighted = 0
  for (let bin = 0; bin < bins; bin++) {
    const weight = Math.exp(values[first + bin * step]! - max)
    sum += weight
    weighted += bin * weight
  }
  return weighted / sum
}
