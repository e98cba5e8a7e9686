import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** An operation of a TensorFlow.js graph model, with its attributes as JavaScript values. */
export interface TfNode {
  readonly name: string
  readonly op: string
  /** Names of what it takes: of operations, with `:1` for a second output, or of weights. */
  readonly input: readonly string[]
  attr(name: string): number | string | readonly number[] | readonly string[]
}

/** A constant of the graph: float16 as its raw bits, float32 or int32 as numbers. */
export interface TfWeight {
  readonly shape: readonly number[]
  readonly dtype: 'float16' | 'float32' | 'int32'
  readonly data: Uint16Array | Float32Array | Int32Array
}

/** A TensorFlow.js graph model as it lies on disk. */
export interface TfGraph {
  readonly nodes: ReadonlyMap<string, TfNode>
  readonly weights: ReadonlyMap<string, TfWeight>
  /** Names of the operations whose values the model gives out. */
  readonly outputs: readonly string[]
}

interface GraphJson {
  modelTopology: { node: { name: string; op: string; input?: string[]; attr?: Record<string, AttrJson> }[] }
  signature: { outputs: Record<string, unknown> }
  weightsManifest: { paths: string[]; weights: WeightJson[] }[]
}

/** One member of the `AttrValue` oneof of tensorflow/core/framework/attr_value.proto; integers are strings. */
interface AttrJson {
  f?: number
  i?: string
  s?: string
  list?: { i?: string[]; s?: string[] }
}

interface WeightJson {
  name: string
  shape: number[]
  dtype: 'float32' | 'int32'
  quantization?: { dtype: 'float16' }
}

/** Reads `<name>.json` and the single weights file beside it. */
export function readTfGraph(folder: string, file: string): TfGraph {
  const json = JSON.parse(readFileSync(join(folder, file), 'utf8')) as GraphJson
  const nodes = json.modelTopology.node.map(({ name, op, input, attr }) => ({
    name,
    op,
    input: input ?? [],
    attr: (key: string) => attrValue(attr?.[key], `${name}.${key}`),
  }))
  const [manifest] = json.weightsManifest
  const [path] = manifest?.paths ?? []
  if (!manifest || !path) throw new Error(`${file} names no weights`)
  return {
    nodes: new Map(nodes.map(node => [node.name, node])),
    weights: readWeights(readFileSync(join(folder, path)), manifest.weights),
    outputs: Object.keys(json.signature.outputs).map(name => name.replace(/:0$/, '')),
  }
}

function attrValue(attr: AttrJson | undefined, name: string): ReturnType<TfNode['attr']> {
  const text = (base64: string) => Buffer.from(base64, 'base64').toString()
  if (attr?.list?.s !== undefined) return attr.list.s.map(text)
  if (attr?.list !== undefined) return (attr.list.i ?? []).map(Number)
  if (attr?.f !== undefined) return attr.f
  if (attr?.i !== undefined) return Number(attr.i)
  if (attr?.s !== undefined) return text(attr.s)
  throw new Error(`the graph has no attribute ${name} of a known kind`)
}

/** Weights lie one after the other, unaligned, in the order of the manifest. */
function readWeights(file: Buffer, manifest: readonly WeightJson[]): Map<string, TfWeight> {
  const weights = new Map<string, TfWeight>()
  let offset = 0
  for (const { name, shape, dtype: declared, quantization } of manifest) {
    const dtype = quantization?.dtype ?? declared
    const List = { float16: Uint16Array, float32: Float32Array, int32: Int32Array }[dtype]
    const end = offset + shape.reduce((a, b) => a * b, 1) * List.BYTES_PER_ELEMENT
    weights.set(name, { shape, dtype, data: new List(new Uint8Array(file.subarray(offset, end)).buffer) })
    offset = end
  }
  if (offset !== file.length) throw new Error(`weights end at byte ${offset} of ${file.length}`)
  return weights
}
