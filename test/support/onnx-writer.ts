import { PbfWriter } from 'pbf'

/** A tensor of floats, or one whose values are in another file. */
export interface Weights {
  readonly name: string
  readonly dims: readonly number[]
  readonly values?: readonly number[]
  readonly type?: number
  readonly external?: string
}

export interface Node {
  readonly op: string
  readonly inputs: readonly string[]
  readonly output: string
  readonly domain?: string
  /** The value of a constant. */
  readonly value?: Weights
}

export interface Value {
  readonly name: string
  /** Undefined for a side that is free. */
  readonly shape: readonly (number | undefined)[]
  readonly type?: number
}

export interface Graph {
  readonly nodes: readonly Node[]
  readonly weights: readonly Weights[]
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  /** Functions of one input and one output, in the domain `local`. */
  readonly functions?: readonly { readonly name: string; readonly nodes: readonly Node[] }[]
}

export const types = { float: 1, uint8: 2, int64: 7 } as const

/** Bytes of an ONNX file, of opset 17. */
export function onnxFile(graph: Graph): Uint8Array {
  const pbf = new PbfWriter()
  pbf.writeVarintField(1, 8)
  pbf.writeMessage(7, writeGraph, graph)
  for (const domain of ['', 'local']) pbf.writeMessage(8, writeOpset, domain)
  for (const definition of graph.functions ?? []) pbf.writeMessage(25, writeFunction, definition)
  return pbf.finish()
}

function writeGraph({ nodes, weights, inputs, outputs }: Graph, pbf: PbfWriter): void {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node)
  pbf.writeStringField(2, 'test')
  for (const tensor of weights) pbf.writeMessage(5, writeWeights, tensor)
  for (const value of inputs) pbf.writeMessage(11, writeValue, value)
  for (const value of outputs) pbf.writeMessage(12, writeValue, value)
}

function writeNode({ op, inputs, output, domain = '', value }: Node, pbf: PbfWriter): void {
  for (const input of inputs) pbf.writeStringField(1, input)
  pbf.writeStringField(2, output)
  pbf.writeStringField(4, op)
  if (value !== undefined) pbf.writeMessage(5, writeValueAttribute, value)
  pbf.writeStringField(7, domain)
}

function writeValueAttribute(value: Weights, pbf: PbfWriter): void {
  pbf.writeStringField(1, 'value')
  pbf.writeMessage(5, writeWeights, value)
  pbf.writeVarintField(20, 4)
}

function writeFunction({ name, nodes }: { name: string; nodes: readonly Node[] }, pbf: PbfWriter): void {
  pbf.writeStringField(1, name)
  pbf.writeStringField(4, 'x')
  pbf.writeStringField(5, 'y')
  for (const node of nodes) pbf.writeMessage(7, writeNode, node)
  for (const domain of ['', 'local']) pbf.writeMessage(9, writeOpset, domain)
  pbf.writeStringField(10, 'local')
}

function writeOpset(domain: string, pbf: PbfWriter): void {
  pbf.writeStringField(1, domain)
  pbf.writeVarintField(2, domain === '' ? 17 : 1)
}

function writeWeights(
  { name, dims, values = [], type = types.float, external }: Weights,
  pbf: PbfWriter,
): void {
  pbf.writePackedVarint(1, [...dims])
  pbf.writeVarintField(2, type)
  pbf.writeStringField(8, name)
  if (external === undefined) {
    const array = type === types.float ? Float32Array.from(values) : BigInt64Array.from(values, BigInt)
    pbf.writeBytesField(9, new Uint8Array(array.buffer))
    return
  }
  for (const [key, value] of Object.entries({ location: external, offset: '0' })) {
    pbf.writeMessage(13, writePair, { key, value })
  }
  pbf.writeVarintField(14, 1)
}

function writePair({ key, value }: { key: string; value: string }, pbf: PbfWriter): void {
  pbf.writeStringField(1, key)
  pbf.writeStringField(2, value)
}

function writeValue({ name, shape, type = types.float }: Value, pbf: PbfWriter): void {
  pbf.writeStringField(1, name)
  pbf.writeMessage(2, (_, outer) => outer.writeMessage(1, writeTensorType, { shape, type }), undefined)
}

function writeTensorType({ shape, type }: { shape: Value['shape']; type: number }, pbf: PbfWriter): void {
  pbf.writeVarintField(1, type)
  pbf.writeMessage(
    2,
    (_, sides) => {
      for (const side of shape) {
        sides.writeMessage(
          1,
          (_, dimension) => (side === undefined ? undefined : dimension.writeVarintField(1, side)),
          undefined,
        )
      }
    },
    undefined,
  )
}
