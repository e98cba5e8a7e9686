import { InferenceSession, Tensor } from 'onnxruntime-node'
import { side } from './frames.js'
import type { TfGraph } from './tfjs-graph.js'

/** The part of the package `@tensorflow/tfjs` that we use. */
export interface Tfjs {
  setBackend(name: string): Promise<boolean>
  tensor(data: Float32Array, shape: number[]): TfTensor
  loadGraphModel(handler: { load(): Promise<object> }): Promise<{
    execute(inputs: Record<string, TfTensor>, outputs: string[]): TfTensor[]
  }>
}
interface TfTensor {
  readonly shape: number[]
  data(): Promise<Float32Array>
}

/** One raw output of the original: `values` is [anchors, channels], as the original lays it out. */
export interface RawOutput {
  readonly kind: 'scores' | 'bins'
  readonly stride: number
  readonly anchors: number
  readonly channels: number
  readonly values: Float32Array
}

/** Runs the original graph by TensorFlow.js, in plain JavaScript. @param json the model file, parsed. */
export async function originalRunner(
  tf: Tfjs,
  json: OriginalJson,
  weights: ArrayBuffer,
  { outputs }: TfGraph,
) {
  await tf.setBackend('cpu')
  const weightSpecs = json.weightsManifest.flatMap(manifest => manifest.weights)
  const model = await tf.loadGraphModel({
    load: async () => ({ ...json, weightSpecs, weightData: weights }),
  })
  return async (planes: Float32Array): Promise<RawOutput[]> => {
    const results = model.execute({ input_1: tf.tensor(planes, [1, 3, side, side]) }, [...outputs])
    return Promise.all(
      results.map(async result => {
        const [, anchors = 0, channels = 0] = result.shape
        const stride = side / Math.sqrt(anchors)
        return {
          kind: channels === 80 ? 'scores' : 'bins',
          stride,
          anchors,
          channels,
          values: await result.data(),
        } as const
      }),
    )
  }
}

export interface OriginalJson {
  readonly weightsManifest: readonly { readonly weights: readonly object[] }[]
}

/** Runs the converted graph. Its outputs have the layout of the original. */
export async function convertedRunner(onnx: Uint8Array) {
  const session = await InferenceSession.create(onnx, { intraOpNumThreads: 1 })
  return async (planes: Float32Array): Promise<RawOutput[]> => {
    const results = await session.run({ image: new Tensor('float32', planes, [1, 3, side, side]) })
    return (['scores', 'bins'] as const).flatMap(kind => {
      const { data, dims } = results[kind]!
      if (!(data instanceof Float32Array)) throw new Error(`the output ${kind} is not float32`)
      const [, channels = 0, all = 0] = dims
      let first = 0
      return [8, 16, 32].map(stride => {
        const anchors = (side / stride) ** 2
        const values = new Float32Array(anchors * channels)
        for (let channel = 0; channel < channels; channel++)
          for (let anchor = 0; anchor < anchors; anchor++)
            values[anchor * channels + channel] = data[channel * all + first + anchor]!
        first += anchors
        return { kind, stride, anchors, channels, values }
      })
    })
  }
}

/** Largest absolute difference of each output of `a` to the one of the same kind and stride in `b`. */
export function differences(a: readonly RawOutput[], b: readonly RawOutput[]) {
  return a.map(({ kind, stride, values }) => {
    const other = b.find(output => output.kind === kind && output.stride === stride)
    if (other?.values.length !== values.length)
      throw new Error(`no output of equal size for ${kind} at stride ${stride}`)
    let difference = 0
    for (let i = 0; i < values.length; i++)
      difference = Math.max(difference, Math.abs(values[i]! - other.values[i]!))
    return { kind, stride, difference }
  })
}
