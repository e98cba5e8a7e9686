import './no-telemetry.js'

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expected, UsageError } from '../../common/errors.js'
import type { Detection, Xyxy } from '../../types.js'
import type { Model } from './model.js'
import { byConfidence, suppress } from './nms.js'
import { type Fit, inputFit, planarizer } from './preprocess.js'

export interface NanodetOptions {
  /** Least score of a detection, 0 to 1. */
  readonly confidence: number
  /** IoU above which non-maximum suppression removes the less confident of two boxes of one class, 0 to 1. */
  readonly nmsIou: number
  /** Long side of the network's input, in pixels; a multiple of 32. */
  readonly inputSize: number
  /** Names or ids of the classes to detect. */
  readonly classes: readonly (string | number)[]
}

export const nanodetDefaults: NanodetOptions = {
  confidence: 0.4,
  nmsIou: 0.5,
  inputSize: 1280,
  classes: ['person'],
}

/** Interleaved 8-bit RGB, `width * height * 3` bytes. */
interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

export interface Detector {
  /** Most confident first; boxes in pixels, clipped to the picture. Calls must not overlap. */
  detect(picture: Picture): Promise<Detection[]>
}

// NanoDet's head: for each cell of these strides, row by row, the distances to the left, top, right and bottom of the
// box, as distributions over 0 … 10 strides (generalized focal loss, Li et al. 2020).
const strides = [8, 16, 32]
const bins = 11

// `nms_pre` of the original test settings; bounds the work on a frame with many boxes of low confidence.
const maxCandidates = 1000

/**
 * NanoDet (github.com/RangiLyu/nanodet) in ONNX Runtime, single-threaded.
 * @throws UsageError when an option is not valid for the model.
 */
export async function nanodet(model: Model, options: Partial<NanodetOptions> = {}): Promise<Detector> {
  const { confidence, nmsIou, inputSize, classIds } = checkOptions(model, options)
  // A copy, since ONNX Runtime does not accept shared memory; the session keeps what it needs.
  const session = await InferenceSession.create(new Uint8Array(model.onnx), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  const preprocess = preprocessor(model, inputSize)

  return {
    async detect(picture) {
      const { width, height } = picture
      const { planes, fit } = preprocess(picture)
      const image = new Tensor('float32', planes, [1, 3, fit.inputHeight, fit.inputWidth])
      const outputs = await session.run({ image })
      const scores = floats(outputs, 'scores')
      const distances = floats(outputs, 'bins')
      const found = decode(scores, distances, fit, confidence, classIds)
      const candidates = found.sort(byConfidence).slice(0, maxCandidates)
      return suppress(candidates.map(toPixels(width, height, fit)).filter(isVisible), nmsIou)
    },
  }
}

/**
 * Maps pixels of the network's input to pixels of the picture, clipped and rounded to tenths. Tenths are finer than the
 * network's precision and exact in detections.json, so that a crop has exactly the box that is stored.
 */
function toPixels(width: number, height: number, fit: Fit): (detection: Detection) => Detection {
  const [sx, sy] = [width / fit.width, height / fit.height]
  return ({ xyxy: [x1, y1, x2, y2], ...rest }) => ({
    xyxy: [clip(x1 * sx, width), clip(y1 * sy, height), clip(x2 * sx, width), clip(y2 * sy, height)],
    ...rest,
  })
}

/** False for a box that lies wholly in the padding of the input. */
function isVisible({ xyxy: [x1, y1, x2, y2] }: Detection): boolean {
  return x2 > x1 && y2 > y1
}

/** Checks the options against the model, and converts class names to ids. @throws UsageError */
export function checkOptions(model: Model, options: Partial<NanodetOptions>) {
  const { confidence, nmsIou, inputSize, classes } = { ...nanodetDefaults, ...options }
  const { multiple } = model.input
  if (!(confidence > 0 && confidence <= 1)) {
    throw new UsageError(expected('a number above 0, at most 1', 'confidence', confidence))
  }
  if (!(nmsIou >= 0 && nmsIou <= 1)) throw new UsageError(expected('a number from 0 to 1', 'nmsIou', nmsIou))
  if (!(inputSize >= multiple && inputSize % multiple === 0)) {
    throw new UsageError(expected(`a multiple of ${multiple}`, 'inputSize', inputSize))
  }
  const classIds = [...new Set(classes.map(wanted => classId(model, wanted)))]
  if (classIds.length === 0) throw new UsageError(expected('at least one class', 'classes', classes))
  return { confidence, nmsIou, inputSize, classIds }
}

function classId(model: Model, wanted: string | number): number {
  const id = typeof wanted === 'number' ? wanted : model.classes.indexOf(wanted)
  if (model.classes[id] === undefined)
    throw new UsageError(expected(`a class of ${model.name}`, 'classes', wanted))
  return id
}

/** Writes pictures into the network's input; reuses buffers and tables until the size of the picture changes. */
function preprocessor({ input }: Model, inputSize: number) {
  let size = { width: 0, height: 0 }
  let fit: Fit
  let planes: Float32Array<ArrayBuffer>
  let fill: ReturnType<typeof planarizer>
  return ({ width, height, rgb }: Picture) => {
    if (size.width !== width || size.height !== height) {
      size = { width, height }
      fit = inputFit(width, height, inputSize, input.multiple)
      planes = new Float32Array(3 * fit.inputWidth * fit.inputHeight)
      fill = planarizer(width, height, fit, input.mean, input.std)
    }
    fill(rgb, planes)
    return { planes, fit }
  }
}

/**
 * Decodes the network's outputs into boxes in pixels of its input.
 * @param scores [classes, anchors], 0 to 1.
 * @param distances [4 * bins, anchors], before softmax.
 */
function decode(
  scores: Float32Array,
  distances: Float32Array,
  { inputWidth, inputHeight }: Fit,
  confidence: number,
  classIds: readonly number[],
): Detection[] {
  const anchors = distances.length / (4 * bins)
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
          xyxy ??= box((column + 0.5) * stride, (row + 0.5) * stride, stride, distances, anchor, anchors)
          found.push({ xyxy, confidence: score, classId })
        }
      }
    }
  }
  return found
}

function box(
  x: number,
  y: number,
  stride: number,
  distances: Float32Array,
  anchor: number,
  anchors: number,
): Xyxy {
  const side = (n: number) => stride * expectation(distances, n * bins * anchors + anchor, anchors)
  return [x - side(0), y - side(1), x + side(2), y + side(3)]
}

/** Expected bin under the softmax of `bins` values, from index `at` in steps of `step`: the distance in strides. */
function expectation(values: Float32Array, at: number, step: number): number {
  let max = Number.NEGATIVE_INFINITY
  for (let bin = 0; bin < bins; bin++) max = Math.max(max, values[at + bin * step]!)
  let sum = 0
  let weighted = 0
  for (let bin = 0; bin < bins; bin++) {
    const weight = Math.exp(values[at + bin * step]! - max)
    sum += weight
    weighted += bin * weight
  }
  return weighted / sum
}

function floats(outputs: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const data = outputs[name]?.data
  if (!(data instanceof Float32Array)) throw new Error(`the model has no float output ${name}`)
  return data
}

/** Limited to [0, limit], in tenths. */
function clip(value: number, limit: number): number {
  return Math.round(Math.min(Math.max(value, 0), limit) * 10) / 10
}
