import './no-telemetry.js'

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { InputError } from '../../common/errors.js'
import type { Detection, Picture } from '../../types.js'
import { callsFor, type Together } from './calls.js'
import { detectorOptions, type GivenOptions } from './detector-options.js'
import { familyNamed } from './families.js'
import { type Decode, type DecodeContext, type Output, type Outputs, UnfitOutput } from './family.js'
import type { Fit, Region } from './fit.js'
import { fromFloat16 } from './float16.js'
import { type FilledInput, inputBuffer } from './input-buffer.js'
import type { Model } from './model.js'
import { byConfidence, suppress } from './nms.js'
import type { Size } from './preprocess.js'
import { gridOf, mergeTiles, type Regions, regionsOf } from './tiles.js'

export interface Detector {
  /** Most confident first; boxes in pixels, clipped to the picture. Calls must not overlap. */
  detect(picture: Picture): Promise<Detection[]>
  /** Frees the memory of the network. */
  close(): Promise<void>
}

/**
 * A model in ONNX Runtime, single-threaded.
 * @throws UsageError when an option is not valid for the model. InputError when ONNX Runtime refuses the model.
 */
export async function openDetector(model: Model, options: GivenOptions = {}): Promise<Detector> {
  const { confidence, nmsIou, inputSize, tiles, classes } = detectorOptions(model, options)
  // Two ids may have one name.
  const classIds = new Set(model.classes.flatMap((name, id) => (classes.includes(name) ? [id] : [])))
  const recognized = familyNamed(model.family).recognize(model.file)
  if (recognized === undefined) throw new Error(`${model.name} is not of the family ${model.family}`)
  const decode = recognized.decoder(model.classes)
  const session = await openSession(model)
  const grid = gridOf(tiles)
  const isWanted = (id: number) => classIds.has(id)
  let kind = ''
  let regions: Regions
  let calls: readonly Call[]

  const detectIn = async ({ fill, regions }: Call, picture: Picture): Promise<Detection[][]> => {
    const { data, dims, fits } = fill(picture)
    const [{ inputWidth, inputHeight }] = fits as readonly [Fit, ...Fit[]]
    const extra = Object.entries(recognized.extraInputs?.(inputWidth, inputHeight) ?? {})
    const results = await run(session, model, {
      [model.input.name]: pictureTensor(model.input.type, data, dims),
      ...Object.fromEntries(
        extra.map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)]),
      ),
    })
    const outputs = checkedOutputs(results, model)
    const context = { inputWidth, inputHeight, confidence, nmsIou, isWanted }
    return regions.map((region, i) =>
      decoded(decode, ofPicture(outputs, i, model), context, model).map(toPixels(region, fits[i]!)),
    )
  }

  return {
    async detect(picture) {
      const now = JSON.stringify([picture.width, picture.height, picture.encoding])
      if (now !== kind) {
        kind = now
        regions = regionsOf(picture.width, picture.height, grid)
        calls = callsFor(regions, model.input, inputSize).map(together => ({
          regions: together,
          fill: inputBuffer(model.input, inputSize, picture, together),
        }))
      }
      const found: Detection[][] = []
      for (const call of calls) found.push(...(await detectIn(call, picture)))
      // What the network suppressed in each tile is still twice in the overlap of two.
      const among = model.nms === 'none' && regions.length > 1 ? 'class' : model.nms
      const merged = mergeTiles(regions, found)
      // Whole boxes, also where they leave the picture, as in the code of the families.
      const kept = among === 'none' ? merged : suppress(merged, nmsIou, among)
      return kept.map(clipped(picture)).filter(isVisible).sort(byConfidence)
    },
    close: () => session.release(),
  }
}

/** With Float16Array (Node 24) the package makes one of the bits, which its own binding cannot read. */
function pictureTensor(type: Model['input']['type'], data: FilledInput['data'], dims: readonly number[]) {
  const tensor = new Tensor(type, data, dims)
  return type === 'float16' ? Object.defineProperty(tensor, 'data', { value: data }) : tensor
}

/** One call of the network. */
interface Call {
  readonly regions: Together
  readonly fill: ReturnType<typeof inputBuffer>
}

async function openSession(model: Model): Promise<InferenceSession> {
  try {
    // A copy, since ONNX Runtime does not accept shared memory; the session keeps what it needs.
    return await InferenceSession.create(new Uint8Array(model.onnx), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      // A plan of the memory saves no time, but is kept beside the memory of the first call: 13 MB at 992 pixels.
      enableMemPattern: false,
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      externalData: model.external.map(({ name: path, bytes: data }) => ({ path, data })),
    })
  } catch (cause) {
    throw refused('load', model, cause)
  }
}

async function run(session: InferenceSession, model: Model, inputs: InferenceSession.FeedsType) {
  try {
    return await session.run(inputs)
  } catch (cause) {
    throw refused('run', model, cause)
  }
}

function refused(what: string, { name }: Model, cause: unknown): InputError {
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
  return new InputError(`ONNX Runtime cannot ${what} the model ${name}: ${reason}`, { cause })
}

/** @throws InputError for outputs that are not those of the family. */
function decoded(decode: Decode, outputs: Outputs, context: DecodeContext, model: Model) {
  try {
    const found = decode(outputs, context)
    for (const { confidence, xyxy } of found) {
      if ([confidence, ...xyxy].some(Number.isNaN)) throw new UnfitOutput(notNumbers)
      if (!(confidence <= maxScore && xyxy.every(Number.isFinite))) {
        throw new UnfitOutput(
          'gives scores above 1 or boxes without end: was it exported without its sigmoid?',
        )
      }
    }
    return found
  } catch (cause) {
    if (cause instanceof UnfitOutput)
      throw new InputError(`The model ${model.name} ${cause.message}`, { cause })
    throw cause
  }
}

/** Half precision may round up. */
const maxScore = 1.01

const notNumbers = 'gives values that are not numbers (NaN): its weights are broken'

/** The outputs of a call as floats. @throws InputError for values that are not numbers, and other shapes than declared. */
function checkedOutputs(results: InferenceSession.OnnxValueMapType, model: Model): Outputs {
  const outputs: Record<string, Output> = {}
  for (const [name, { data, dims }] of Object.entries(results)) {
    refuseOtherShape(name, dims, model)
    const values = toFloats(data)
    refuseNaN(values, model)
    outputs[name] = { data: values, dims }
  }
  return outputs
}

/** The part of the outputs that is of the picture at a place in the batch. */
function ofPicture(outputs: Outputs, place: number, { input: { batch = 1 } }: Model): Outputs {
  if (batch === 1) return outputs
  const parts = Object.entries(outputs).map(([name, output]): [string, Output] => {
    const { data, dims } = output
    if (dims[0] !== batch || dims.length === 1) return [name, output]
    const length = data.length / batch
    return [name, { data: data.subarray(place * length, (place + 1) * length), dims: [1, ...dims.slice(1)] }]
  })
  return Object.fromEntries(parts)
}

function toFloats(data: Tensor['data']): Float32Array {
  if (data instanceof Float32Array) return data
  if (data instanceof Uint16Array) return fromFloat16(data)
  return Float32Array.from(data as ArrayLike<number | bigint>, Number)
}

/** ONNX Runtime only warns of an output whose shape is not the one that the file declares, by which it was recognized. */
function refuseOtherShape(name: string, dims: readonly number[], model: Model): void {
  const { shape = [] } = model.file.outputs.find(output => output.name === name) ?? {}
  const isDeclared =
    shape.length === dims.length && shape.every((side, i) => side === undefined || side === dims[i])
  if (shape.length === 0 || isDeclared) return
  const declared = shape.map(side => side ?? '?').join(', ')
  throw new InputError(
    `The model ${model.name} gives ${name}[${dims.join(', ')}], but declares [${declared}]: the file is broken`,
  )
}

/** Values of an output that are tested: broken weights spread to all of them. */
const tested = 4096

function refuseNaN(values: Float32Array, { name }: Model): void {
  const step = Math.max(1, Math.floor(values.length / tested))
  for (let at = 0; at < values.length; at += step) {
    if (Number.isNaN(values[at])) {
      throw new InputError(`The model ${name} ${notNumbers}`)
    }
  }
}

/** Maps pixels of the network's input to pixels of the picture. */
function toPixels(
  region: Region,
  { x: left, y: top, scaleX, scaleY }: Fit,
): (detection: Detection) => Detection {
  const x = (value: number) => region.x + (value - left) / scaleX
  const y = (value: number) => region.y + (value - top) / scaleY
  return ({ xyxy: [x1, y1, x2, y2], ...rest }) => ({ xyxy: [x(x1), y(y1), x(x2), y(y2)], ...rest })
}

/**
 * Clips to the picture and rounds to tenths. They are finer than the network's precision and exact in detections.json,
 * so that a crop has exactly the box that is stored.
 */
function clipped({ width, height }: Size): (detection: Detection) => Detection {
  const clip = (value: number, limit: number) => Math.round(Math.min(Math.max(value, 0), limit) * 10) / 10
  return ({ xyxy: [x1, y1, x2, y2], ...rest }) => ({
    xyxy: [clip(x1, width), clip(y1, height), clip(x2, width), clip(y2, height)],
    ...rest,
  })
}

/** False for a box that lies wholly in the padding of the input. */
function isVisible({ xyxy: [x1, y1, x2, y2] }: Detection): boolean {
  return x2 > x1 && y2 > y1
}
