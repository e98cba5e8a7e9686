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
  /** Number of nodes, those of subgraphs and of functions included, as often as these are called. */
  readonly nodes: number
  /** Files that hold weights outside of this one. */
  readonly external: readonly string[]
}

/** As in `images float32[1, 3, ?, ?], sizes int64[1, 2]`, of a length that suits an error. */
export const tensorsText = (tensors: readonly TensorInfo[]): string =>
  tensors.slice(0, 8).map(tensorText).join(', ') + (tensors.length > 8 ? ', …' : '')

const tensorText = ({ name, type, shape }: TensorInfo): string =>
  `${name.slice(0, 60)} ${type}[${shape
    .slice(0, 8)
    .map(side => side ?? '?')
    .join(', ')}]`

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
  main: Body
  /** The one that is being read. */
  body: Body
  /** By name. ONNX Runtime copies them to where they are called. */
  functions: Map<string, Body>
  external: Set<string>
  initializers: Set<string>
}

/** How often each operator is called. */
type Body = Map<string, number>

/**
 * Reads an ONNX file without copying its weights.
 * @throws Error when the bytes are not an ONNX file.
 */
export function readOnnx(bytes: Uint8Array): OnnxFile {
  const main: Body = new Map()
  const file: Read = {
    ...{ inputs: [], outputs: [], metadata: {}, producer: '' },
    ...{ main, body: main, functions: new Map(), external: new Set(), initializers: new Set() },
  }
  new PbfReader(bytes).readFields(readModel, file)
  if (main.size === 0) throw new Error('it holds no network')
  const { inputs, outputs, metadata, producer, initializers, external, functions } = file
  return {
    // Old files list their weights among the inputs.
    inputs: inputs.filter(({ name }) => !initializers.has(name)),
    ...{ outputs, metadata, producer, nodes: nodesOf(main, functions, new Map()), external: [...external] },
    ...readGraph(
      new PbfReader(bytes),
      outputs.map(({ name }) => name),
    ),
  }
}

/** A few functions that call each other twice stand for millions of nodes; a function that calls itself for endless ones. */
function nodesOf(body: Body, functions: ReadonlyMap<string, Body>, known: Map<Body, number>): number {
  const found = known.get(body)
  if (found !== undefined) return found
  known.set(body, Number.POSITIVE_INFINITY)
  let nodes = 0
  for (const [name, calls] of body) {
    const called = functions.get(name)
    nodes += calls * (called === undefined ? 1 : nodesOf(called, functions, known))
  }
  known.set(body, nodes)
  return nodes
}

function readModel(field: number, file: Read, pbf: PbfReader): void {
  if (field === 2) file.producer = pbf.readString()
  else if (field === 7) pbf.readMessage(readMainGraph, file)
  else if (field === 14) {
    const { key, value } = pbf.readMessage(readPair, { key: '', value: '' })
    file.metadata[key] = value
  } else if (field === 25) {
    readFunction(file, pbf)
  }
}

function readFunction(file: Read, pbf: PbfReader): void {
  const op = { name: '', domain: '' }
  const body: Body = new Map()
  file.body = body
  pbf.readMessage((field: number) => {
    if (field === 1) op.name = pbf.readString()
    else if (field === 7) readNode(file, pbf)
    else if (field === 10) op.domain = pbf.readString()
    else if (field === 11) pbf.readMessage(readAttribute, file)
  }, file)
  file.functions.set(`${op.domain}:${op.name}`, body)
  file.body = file.main
}

function readMainGraph(field: number, file: Read, pbf: PbfReader): void {
  if (field === 11) file.inputs.push(tensorInfo(pbf))
  else if (field === 12) file.outputs.push(tensorInfo(pbf))
  else readNodes(field, file, pbf)
}

function readNodes(field: number, file: Read, pbf: PbfReader): void {
  if (field === 1) readNode(file, pbf)
  else if (field === 5) pbf.readMessage(readWeights, file)
  else if (field === 15) pbf.readMessage(readSparse, file)
}

function readNode(file: Read, pbf: PbfReader): void {
  const op = { name: '', domain: '' }
  pbf.readMessage((field: number) => {
    if (field === 4) op.name = pbf.readString()
    else if (field === 5) pbf.readMessage(readAttribute, file)
    else if (field === 7) op.domain = pbf.readString()
  }, file)
  const key = `${op.domain}:${op.name}`
  file.body.set(key, (file.body.get(key) ?? 0) + 1)
}

function readAttribute(field: number, file: Read, pbf: PbfReader): void {
  if (field === 5 || field === 10) pbf.readMessage(readWeights, file)
  else if (field === 6 || field === 11) pbf.readMessage(readNodes, file)
  else if (field === 22 || field === 23) pbf.readMessage(readSparse, file)
}

function readSparse(field: number, file: Read, pbf: PbfReader): void {
  if (field === 1 || field === 2) pbf.readMessage(readWeights, file)
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
