import './no-telemetry.js'

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expected, UsageError } from '../../common/errors.js'
import type { Detection, Xyxy } from '../../types.js'
import type { Model } from './model.js'
import { byConfidence, suppress } from './nms.js'
import { type Fit, inputFit, planarizer } from './preprocess.js'

export interface NanodetOptions {
  /** Least score of a box, 0 to 1. */
  readonly confidence: number
  /** Of two boxes of one class that overlap by more than this, the less confident goes; 0 to 1. */
  readonly nmsIou: number
  /** Long side, in pixels, to which a frame is scaled for the network; a multiple of 32. */
  readonly inputSize: number
  /** Names or ids of the classes to look for. */
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
  /** Most confident first; boxes in pixels of the picture, inside it. One call at a time. */
  detect(picture: Picture): Promise<Detection[]>
}

// The head of NanoDet: cells of these strides, row by row, and for each the distances to left, top, right
// and bottom as distributions over 0 … 10 strides (generalised focal loss, Li et al. 2020).
const strides = [8, 16, 32]
const bins = 11

// As in the original's test settings (nms_pre): bounds the work on a frame full of faint boxes.
const maxCandidates = 1000

/**
 * NanoDet (github.com/RangiLyu/nanodet) in ONNX Runtime, on the calling thread alone.
 * @throws UsageError when an option makes no sense for the model.
 */
export async function nanodet(model: Model, options: Partial<NanodetOptions> = {}): Promise<Detector> {
  const { confidence, nmsIou, inputSize, classIds } = checkOptions(model, options)
  // ONNX Runtime refuses shared memory; it keeps what it needs of this copy.
  const session = await InferenceSession.create(new Uint8Array(model.onnx), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  const prepare = preparation(model, inputSize)

  return {
    async detect(picture) {
      const { width, height } = picture
      const { planes, to } = prepare(picture)
      const image = new Tensor('float32', planes, [1, 3, to.inputHeight, to.inputWidth])
      const outputs = await session.run({ image })
      const scores = floats(outputs, 'scores')
      const distances = floats(outputs, 'bins')
      const found = decode(scores, distances, to, confidence, classIds)
      const candidates = found.sort(byConfidence).slice(0, maxCandidates)
      return suppress(candidates.map(toPixels(width, height, to)).filter(isVisible), nmsIou)
    },
  }
}

/**
 * From pixels of the network's input to pixels of the picture, clamped to it, in tenths: finer than the
 * network knows, and what detections.json can say exactly, so that a crop is what its box says.
 */
function toPixels(width: number, height: number, to: Fit): (detection: Detection) => Detection {
  const [sx, sy] = [width / to.width, height / to.height]
  return ({ xyxy: [x1, y1, x2, y2], ...rest }) => ({
    xyxy: [inside(x1 * sx, width), inside(y1 * sy, height), inside(x2 * sx, width), inside(y2 * sy, height)],
    ...rest,
  })
}

/** Some boxes lie wholly in what the input is filled up with. */
function isVisible({ xyxy: [x1, y1, x2, y2] }: Detection): boolean {
  return x2 > x1 && y2 > y1
}

/** Checks the options against the model; names become class ids. */
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

/** Keeps what depends on the frame's size alone until a frame of another size comes. */
function preparation({ input }: Model, inputSize: number) {
  let of = { width: 0, height: 0 }
  let to: Fit
  let planes: Float32Array<ArrayBuffer>
  let fill: ReturnType<typeof planarizer>
  return ({ width, height, rgb }: Picture) => {
    if (of.width !== width || of.height !== height) {
      of = { width, height }
      to = inputFit(width, height, inputSize, input.multiple)
      planes = new Float32Array(3 * to.inputWidth * to.inputHeight)
      fill = planarizer(width, height, to, input.mean, input.std)
    }
    fill(rgb, planes)
    return { planes, to }
  }
}

/**
 * Boxes in pixels of the network's input.
 * @param scores [classes, anchors], 0 to 1. @param distances [4 * bins, anchors], before softmax.
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

/** Expectation of the softmax over `bins` values, `step` apart, from `at`: the distance in strides. */
function expectation(values: Float32Array, at: number, step: number): number {
  let top = Number.NEGATIVE_INFINITY
  for (let bin = 0; bin < bins; bin++) top = Math.max(top, values[at + bin * step]!)
  let sum = 0
  let weighted = 0
  for (let bin = 0; bin < bins; bin++) {
    const share = Math.exp(values[at + bin * step]! - top)
    sum += share
    weighted += bin * share
  }
  return weighted / sum
}

function floats(outputs: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const data = outputs[name]?.data
  if (!(data instanceof Float32Array)) throw new Error(`the model has no float output ${name}`)
  return data
}

function inside(value: number, limit: number): number {
  return Math.round(Math.min(Math.max(value, 0), limit) * 10) / 10
}
