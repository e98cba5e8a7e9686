import type { OnnxGraph, OnnxTensor, TensorInfo } from './convert.js'

/** The part of the package `onnx-proto` that we use: protobuf messages as plain objects. */
export interface OnnxProto {
  onnx: { ModelProto: { fromObject(model: object): object; encode(model: object): { finish(): Uint8Array } } }
}

// onnx.proto3: TensorProto.DataType and AttributeProto.AttributeType.
const dataType = { FLOAT: 1, INT64: 7, FLOAT16: 10 }
const attributeType = { FLOAT: 1, INT: 2, STRING: 3, INTS: 7 }

/** Bytes of an ONNX model, opset 13. The same graph gives the same bytes. */
export function encode(graph: OnnxGraph, about: string, { onnx }: OnnxProto): Uint8Array {
  const model = {
    irVersion: 7,
    opsetImport: [{ domain: '', version: 13 }],
    producerName: 'cropstream',
    docString: about,
    graph: {
      name: graph.name,
      node: graph.nodes.map(({ op, inputs, outputs, attributes }) => ({
        opType: op,
        name: outputs[0],
        input: inputs,
        output: outputs,
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      })),
      initializer: graph.initializers.map(tensor),
      input: graph.inputs.map(tensorInfo),
      output: graph.outputs.map(tensorInfo),
    },
  }
  return onnx.ModelProto.encode(onnx.ModelProto.fromObject(model)).finish()
}

/** Whole numbers are INT: the one float attribute that we write, alpha, is not whole. */
function attribute(name: string, value: number | string | readonly number[]): object {
  if (typeof value === 'string') return { name, type: attributeType.STRING, s: Buffer.from(value) }
  if (typeof value !== 'number') return { name, type: attributeType.INTS, ints: value }
  if (Number.isInteger(value)) return { name, type: attributeType.INT, i: value }
  return { name, type: attributeType.FLOAT, f: value }
}

function tensor({ name, dims, data }: OnnxTensor): object {
  const type =
    data instanceof Uint16Array
      ? dataType.FLOAT16
      : data instanceof Float32Array
        ? dataType.FLOAT
        : dataType.INT64
  return {
    name,
    dims,
    dataType: type,
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }
}

function tensorInfo({ name, shape }: TensorInfo): object {
  const dim = shape.map(size => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }))
  return { name, type: { tensorType: { elemType: dataType.FLOAT, shape: { dim } } } }
}
