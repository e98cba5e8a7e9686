/** An operator of the network. */
export interface OnnxNode {
  /** As in ONNX: `Conv`, `Concat`, … */
  type: string
  inputs: string[]
  outputs: string[]
  /** Sizes of the parts, of a `Split`. */
  split?: number[]
}

/**
 * The end of a network: the operators between its last convolutions and an output. It tells what the numbers of an
 * output mean where its shape does not: two exports of one shape can hold pixels and cells.
 */
export interface OnnxHead {
  /** Types of these operators, each once. */
  readonly operators: readonly string[]
  /** Channels of each of the last convolutions. */
  readonly channels: readonly number[]
  /** Sizes of the parts of each `Split`. */
  readonly splits: readonly (readonly number[])[]
}

/** Their other inputs are shapes and indices, whose arithmetic says nothing about the values. */
const shaping = new Set(['Reshape', 'Expand', 'Slice', 'Tile', 'Squeeze', 'Unsqueeze', 'Split', 'Gather'])

/** @param sizes first dimension of each tensor of weights. */
export function headOf(
  output: string,
  nodes: readonly OnnxNode[],
  sizes: ReadonlyMap<string, number>,
): OnnxHead {
  const producers = new Map(nodes.flatMap(node => node.outputs.map(name => [name, node] as const)))
  const reached = new Set<OnnxNode>()
  const convolutions: OnnxNode[] = []
  const names = [output]
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const node = producers.get(name)
    if (node === undefined || reached.has(node)) continue
    reached.add(node)
    if (node.type.includes('Conv')) convolutions.push(node)
    else names.push(...(shaping.has(node.type) ? node.inputs.slice(0, 1) : node.inputs))
  }
  const others = [...reached].filter(node => !convolutions.includes(node))
  return {
    operators: [...new Set(others.map(({ type }) => type))],
    channels: convolutions.map(({ inputs }) => channelsOf(inputs[1] ?? '', producers, sizes)),
    splits: others.flatMap(({ split }) => (split === undefined ? [] : [split])),
  }
}

/** Weights of a quantized file come through `DequantizeLinear`. */
function channelsOf(
  weights: string,
  producers: ReadonlyMap<string, OnnxNode>,
  sizes: ReadonlyMap<string, number>,
): number {
  const source = producers.get(weights)?.inputs[0] ?? weights
  return sizes.get(source) ?? 0
}
