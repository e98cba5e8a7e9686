/** The bytes of a valid ONNX file that is a chain of `count` nodes: input `images`, output `output0`, [1, 3, 160, 160]. */
export function manyNodes(count: number): Uint8Array {
  const name = (index: number) => (index === 0 ? 'images' : index === count ? 'output0' : `v${index}`)
  const nodes = Array.from({ length: count }, (_, i) =>
    field(1, bytes(field(1, text(name(i))), field(2, text(name(i + 1))), field(4, text('Identity')))),
  )
  const graph = bytes(
    ...nodes,
    field(2, text('graph')),
    field(11, value('images')),
    field(12, value('output0')),
  )
  const opset = bytes(field(1, text('')), number(2, 17))
  return bytes(number(1, 8), field(7, graph), field(8, opset))
}

/** A ValueInfoProto of 32-bit floats. */
function value(name: string): Uint8Array {
  const shape = bytes(...[1, 3, 160, 160].map(size => field(1, number(1, size))))
  const tensor = bytes(number(1, 1), field(2, shape))
  return bytes(field(1, text(name)), field(2, field(1, tensor)))
}

/** A protobuf field that has a length. */
function field(id: number, content: Uint8Array): Uint8Array {
  return bytes(varint((id << 3) | 2), varint(content.length), content)
}

/** A protobuf field that is a number. */
function number(id: number, content: number): Uint8Array {
  return bytes(varint(id << 3), varint(content))
}

function varint(rest: number): Uint8Array {
  const digits: number[] = []
  for (; rest > 127; rest >>>= 7) digits.push((rest & 127) | 128)
  return Uint8Array.from([...digits, rest])
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

function bytes(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}
