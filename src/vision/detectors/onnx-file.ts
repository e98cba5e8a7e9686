import { PbfReader } from 'pbf'
import { headOf, type OnnxHead, type OnnxNode } from './onnx-head.js'

/** An input or output of a network. */
export interface TensorInfo {
  readonly name: string
  /** `float32`, `float16`, `uint8`, `int64`, …; `other` for what no detector uses. */
  readonly type: string
  /** Undefined for a side that is free. */
  readonly shape: readonly (number | undefined)[]
}

/** What an ONNX file says of itself, without its weights. */
export interface OnnxFile {
  readonly inputs: readonly TensorInfo[]
  readonly outputs: readonly TensorInfo[]
  /** `metadata_props`: Ultralytics writes names, stride, imgsz and task. */
  readonly metadata: Readonly<Record<string, string>>
  readonly producer: string
  /** Number of nodes, those of subgraphs included. */
  readonly nodes: number
  /** Types of the operators, each once, without those of subgraphs. */
  readonly operators: readonly string[]
  /** What leads to each output. */
  readonly heads: Readonly<Record<string, OnnxHead>>
  /** Files that hold weights outside of this one. */
  readonly external: readonly string[]
}

/** As in `images float32[1, 3, ?, ?]`. */
export const tensorText = ({ name, type, shape }: TensorInfo): string =>
  `${name} ${type}[${shape.map(side => side ?? '?').join(', ')}]`

/** Field numbers and types are those of onnx.proto (github.com/onnx/onnx, IR version 10). */
const elementTypes: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  6: 'int32',
  7: 'int64',
  10: 'float16',
  11: 'float64',
}

/** Wire type of a field with several numbers. */
const packed = 2
const maxIntegers = 64

interface Read {
  inputs: TensorInfo[]
  outputs: TensorInfo[]
  metadata: Record<string, string>
  producer: string
  nodes: number
  external: Set<string>
  /** Weights by name, with their first dimension. */
  initializers: Map<string, number>
  graph: OnnxNode[]
}

/** Bounds the memory that a hostile file takes; files with more nodes are refused. */
const maxGraph = 20_000
/** No detector has more outputs. */
const maxHeads = 16

/**
 * Reads an ONNX file without copying its weights.
 * @throws Error when the bytes are not an ONNX file.
 */
export function readOnnx(bytes: Uint8Array): OnnxFile {
  const file: Read = {
    ...{ inputs: [], outputs: [], metadata: {}, producer: '', nodes: 0 },
    ...{ external: new Set(), initializers: new Map(), graph: [] },
  }
  new PbfReader(bytes).readFields(readModel, file)
  if (file.nodes === 0) throw new Error('it holds no network')
  const { inputs, initializers, external, graph, ...rest } = file
  return {
    ...rest,
    // Old files list their weights among the inputs.
    inputs: inputs.filter(({ name }) => !initializers.has(name)),
    external: [...external],
    operators: [...new Set(graph.map(({ type }) => type))],
    heads: Object.fromEntries(
      file.outputs.slice(0, maxHeads).map(({ name }) => [name, headOf(name, graph, initializers)]),
    ),
  }
}

function readModel(field: number, file: Read, pbf: PbfReader): void {
  if (field === 2) file.producer = pbf.readString()
  else if (field === 7) pbf.readMessage(readMainGraph, file)
  else if (field === 14) {
    const { key, value } = pbf.readMessage(readPair, { key: '', value: '' })
    file.metadata[key] = value
  }
}

function readMainGraph(field: number, file: Read, pbf: PbfReader): void {
  if (field === 1) {
    const { type, inputs, outputs, split } = readNode(file, pbf)
    if (file.graph.length < maxGraph) {
      file.graph.push({ type, inputs, outputs, ...(split === undefined ? {} : { split }) })
    }
  } else if (field === 11) file.inputs.push(tensorInfo(pbf))
  else if (field === 12) file.outputs.push(tensorInfo(pbf))
  else readGraph(field, file, pbf)
}

function readGraph(field: number, file: Read, pbf: PbfReader): void {
  if (field === 1) readNode(file, pbf)
  else if (field === 5) readWeights(file, pbf)
}

function readNode(file: Read, pbf: PbfReader): OnnxNode {
  file.nodes++
  return pbf.readMessage(readNodeField, { type: '', inputs: [], outputs: [], file })
}

function readNodeField(field: number, node: OnnxNode & { file: Read }, pbf: PbfReader): void {
  if (field === 1) node.inputs.push(pbf.readString())
  else if (field === 2) node.outputs.push(pbf.readString())
  else if (field === 4) node.type = pbf.readString()
  else if (field === 5) {
    const { name, integers } = pbf.readMessage(readAttribute, { name: '', integers: [], file: node.file })
    if (name === 'split') node.split = integers
  }
}

interface ReadAttribute {
  name: string
  integers: number[]
  readonly file: Read
}

function readAttribute(field: number, attribute: ReadAttribute, pbf: PbfReader): void {
  const { file, integers } = attribute
  if (field === 1) attribute.name = pbf.readString()
  else if (field === 5 || field === 10) readWeights(file, pbf)
  else if (field === 6 || field === 11) pbf.readMessage(readGraph, file)
  else if (field === 8) readIntegers(integers, pbf)
}

/** Repeated integers, in one field or one in each; more than a detector can have are dropped. */
function readIntegers(integers: number[], pbf: PbfReader): void {
  const end = pbf.type === packed ? pbf.readVarint() + pbf.pos : pbf.pos + 1
  while (pbf.pos < end) {
    const value = pbf.readVarint(true)
    if (integers.length < maxIntegers) integers.push(value)
  }
}

function readWeights(file: Read, pbf: PbfReader): void {
  const { name, sides } = pbf.readMessage(readWeightsField, { name: '', sides: [], file })
  if (name !== '') file.initializers.set(name, sides[0] ?? 1)
}

interface ReadWeights {
  name: string
  sides: number[]
  readonly file: Read
}

function readWeightsField(field: number, weights: ReadWeights, pbf: PbfReader): void {
  if (field === 1) readIntegers(weights.sides, pbf)
  else if (field === 8) weights.name = pbf.readString()
  else if (field === 13) {
    const { key, value } = pbf.readMessage(readPair, { key: '', value: '' })
    if (key === 'location') weights.file.external.add(value)
  }
}

function readPair(field: number, pair: { key: string; value: string }, pbf: PbfReader): void {
  if (field === 1) pair.key = pbf.readString()
  else if (field === 2) pair.value = pbf.readString()
}

interface ReadTensor {
  name: string
  type: string
  shape: (number | undefined)[]
}

const tensorInfo = (pbf: PbfReader): TensorInfo =>
  pbf.readMessage<ReadTensor>(readValueInfo, { name: '', type: 'other', shape: [] })

function readValueInfo(field: number, tensor: ReadTensor, pbf: PbfReader): void {
  if (field === 1) tensor.name = pbf.readString()
  else if (field === 2) pbf.readMessage(readType, tensor)
}

function readType(field: number, tensor: ReadTensor, pbf: PbfReader): void {
  if (field === 1) pbf.readMessage(readTensorType, tensor)
}

function readTensorType(field: number, tensor: ReadTensor, pbf: PbfReader): void {
  if (field === 1) tensor.type = elementTypes[pbf.readVarint()] ?? 'other'
  else if (field === 2) pbf.readMessage(readShape, tensor)
}

function readShape(field: number, tensor: ReadTensor, pbf: PbfReader): void {
  if (field !== 1) return
  const side = pbf.readMessage<{ value?: number }>(readDimension, {})
  tensor.shape.push(side.value)
}

function readDimension(field: number, side: { value?: number }, pbf: PbfReader): void {
  if (field !== 1) return
  const value = pbf.readVarint(true)
  if (value > 0) side.value = value
}
