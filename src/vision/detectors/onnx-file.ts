import { PbfReader } from 'pbf'
import { type OnnxGraph, readGraph } from './onnx-graph.js'

/** An input or output of a network. */
export interface TensorInfo {
  readonly name: string
  /** `float32`, `float16`, `uint8`, `int64`, …; `other` for what no detector uses. */
  readonly type: string
  /** Undefined for a side that is free. */
  readonly shape: readonly (number | undefined)[]
}

/** What an ONNX file says of itself, without its weights. */
export interface OnnxFile extends OnnxGraph {
  readonly inputs: readonly TensorInfo[]
  readonly outputs: readonly TensorInfo[]
  /** `metadata_props`: Ultralytics writes names, stride, imgsz and task. */
  readonly metadata: Readonly<Record<string, string>>
  readonly producer: string
  /** Number of nodes, those of subgraphs included. */
  readonly nodes: number
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

interface Read {
  inputs: TensorInfo[]
  outputs: TensorInfo[]
  metadata: Record<string, string>
  producer: string
  nodes: number
  external: Set<string>
  initializers: Set<string>
}

/**
 * Reads an ONNX file without copying its weights.
 * @throws Error when the bytes are not an ONNX file.
 */
export function readOnnx(bytes: Uint8Array): OnnxFile {
  const file: Read = {
    ...{ inputs: [], outputs: [], metadata: {}, producer: '', nodes: 0 },
    ...{ external: new Set(), initializers: new Set() },
  }
  new PbfReader(bytes).readFields(readModel, file)
  if (file.nodes === 0) throw new Error('it holds no network')
  const { inputs, initializers, external, ...rest } = file
  // Old files list their weights among the inputs.
  return {
    ...{ ...rest, inputs: inputs.filter(({ name }) => !initializers.has(name)), external: [...external] },
    ...readGraph(
      new PbfReader(bytes),
      rest.outputs.map(({ name }) => name),
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
  if (field === 11) file.inputs.push(tensorInfo(pbf))
  else if (field === 12) file.outputs.push(tensorInfo(pbf))
  else readNodes(field, file, pbf)
}

function readNodes(field: number, file: Read, pbf: PbfReader): void {
  if (field === 1) {
    file.nodes++
    pbf.readMessage(readNode, file)
  } else if (field === 5) {
    pbf.readMessage(readWeights, file)
  }
}

function readNode(field: number, file: Read, pbf: PbfReader): void {
  if (field === 5) pbf.readMessage(readAttribute, file)
}

function readAttribute(field: number, file: Read, pbf: PbfReader): void {
  if (field === 5 || field === 10) pbf.readMessage(readWeights, file)
  else if (field === 6 || field === 11) pbf.readMessage(readNodes, file)
}

function readWeights(field: number, file: Read, pbf: PbfReader): void {
  if (field === 8) file.initializers.add(pbf.readString())
  else if (field === 13) {
    const { key, value } = pbf.readMessage(readPair, { key: '', value: '' })
    if (key === 'location') file.external.add(value)
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
