import type { PbfReader } from 'pbf'
import { headOf, type OnnxHead, type OnnxNode } from './onnx-head.js'

/** The operators of a network. Field numbers are those of onnx.proto. */
export interface OnnxGraph {
  /** Types of the operators, each once, without those of subgraphs. */
  readonly operators: readonly string[]
  /** What leads to each output, by name. */
  readonly heads: Readonly<Record<string, OnnxHead>>
}

/** These bound the memory that a hostile file takes; no detector has more. */
const limits = { nodes: 20_000, names: 256, integers: 64, outputs: 16 }

interface Read {
  readonly nodes: OnnxNode[]
  /** First dimension of weights, by name. */
  readonly sizes: Map<string, number>
}

/** Reads the operators of a file, in a pass of its own that skips the weights. @param outputs their names. */
export function readGraph(pbf: PbfReader, outputs: readonly string[]): OnnxGraph {
  const { nodes, sizes } = pbf.readFields(readModel, { nodes: [], sizes: new Map() } as Read)
  return {
    operators: [...new Set(nodes.map(({ type }) => type))],
    heads: Object.fromEntries(
      outputs.slice(0, limits.outputs).map(name => [name, headOf(name, nodes, sizes)]),
    ),
  }
}

function readModel(field: number, read: Read, pbf: PbfReader): void {
  if (field === 7) pbf.readMessage(readMain, read)
}

function readMain(field: number, { nodes, sizes }: Read, pbf: PbfReader): void {
  if (field === 1 && nodes.length < limits.nodes) {
    nodes.push(pbf.readMessage<OnnxNode>(readNode, { type: '', inputs: [], outputs: [] }))
  } else if (field === 5) {
    const { name, sides } = pbf.readMessage<ReadWeights>(readWeights, { name: '', sides: [] })
    sizes.set(name, sides[0] ?? 1)
  }
}

function readNode(field: number, node: OnnxNode, pbf: PbfReader): void {
  if (field === 1) add(node.inputs, pbf.readString())
  else if (field === 2) add(node.outputs, pbf.readString())
  else if (field === 4) node.type = pbf.readString()
  else if (field === 5) {
    const { name, integers } = pbf.readMessage<ReadAttribute>(readAttribute, { name: '', integers: [] })
    if (name === 'split') node.split = integers
  }
}

const add = (names: string[], name: string) => {
  if (names.length < limits.names) names.push(name)
}

interface ReadAttribute {
  name: string
  readonly integers: number[]
}

function readAttribute(field: number, attribute: ReadAttribute, pbf: PbfReader): void {
  if (field === 1) attribute.name = pbf.readString()
  else if (field === 8) readIntegers(attribute.integers, pbf)
}

interface ReadWeights {
  name: string
  readonly sides: number[]
}

function readWeights(field: number, weights: ReadWeights, pbf: PbfReader): void {
  if (field === 1) readIntegers(weights.sides, pbf)
  else if (field === 8) weights.name = pbf.readString()
}

/** Wire type of a field with several numbers. */
const packed = 2

/** Repeated integers, in one field or one in each. */
function readIntegers(integers: number[], pbf: PbfReader): void {
  const end = pbf.type === packed ? pbf.readVarint() + pbf.pos : pbf.pos + 1
  while (pbf.pos < end) {
    const value = pbf.readVarint(true)
    if (integers.length < limits.integers) integers.push(value)
  }
}
