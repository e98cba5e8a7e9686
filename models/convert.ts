import type { TfGraph, TfNode, TfWeight } from './tfjs-graph.js'

/** The part of ONNX that is written: the nodes and initializers of one graph. */
export interface OnnxGraph {
  readonly name: string
  /** float32; a side by its name is free. */
  readonly inputs: readonly TensorInfo[]
  readonly outputs: readonly TensorInfo[]
  readonly nodes: OnnxNode[]
  readonly initializers: OnnxTensor[]
}

export interface TensorInfo {
  readonly name: string
  readonly shape: readonly (number | string)[]
}

export interface OnnxNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, number | string | readonly number[]>>
}

export interface OnnxTensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: Uint16Array | Float32Array | BigInt64Array
}

export const inputName = 'image'

/** A value of the graph under conversion, always laid out NCHW. */
interface Value {
  readonly name: string
  readonly channels: number
  /** Height and width in the original, whose input is square; only ratios of it reach the result. */
  readonly side: number
}

/**
 * Writes the NanoDet graph of TensorFlow.js as a fully convolutional ONNX graph: input `image`
 * [1, 3, H, W] with H and W any multiple of 32; outputs `scores` [1, 80, A] and `bins` [1, 44, A],
 * where A runs row by row over the cells of stride 8, then 16, then 32.
 *
 * The original computes in NHWC between transposes; here everything stays NCHW, so every transpose
 * disappears, those behind the outputs included: a class is a contiguous plane. Paddings become the
 * pads of the operation behind them, biases the third input of Conv. Fixed sizes become ratios.
 */
export function convert(graph: TfGraph): OnnxGraph {
  const nodes: OnnxNode[] = []
  const initializers: OnnxTensor[] = []
  const done = new Map<string, Value>()
  let named = 0

  function emit(
    op: string,
    inputs: readonly string[],
    name: string,
    attributes: OnnxNode['attributes'] = {},
  ) {
    nodes.push({ op, inputs, outputs: [name], attributes })
    return name
  }

  /** Weights stay float16 in the file, as the original's are; a session folds the casts when it opens. */
  function parameter(name: string, dims: readonly number[], data: Uint16Array): string {
    initializers.push({ name: `${name}.half`, dims, data })
    return emit('Cast', [`${name}.half`], name, { to: 1 })
  }

  function value(reference: string): Value {
    const known = done.get(reference)
    if (known) return known
    const made = make(node(graph, reference), reference)
    done.set(reference, made)
    return made
  }

  function make(tf: TfNode, reference: string): Value {
    const name = `v${named++}`
    const [first = '', second = ''] = tf.input
    switch (tf.op) {
      case 'Placeholder':
        return { name: inputName, channels: 3, side: 416 }
      case 'Transpose':
      case 'Identity':
        return value(first)
      case 'Add':
      case 'AddV2': {
        const conv = node(graph, first)
        if (conv.op === 'Conv2D') return convolution(conv, second, name)
        const [a, b] = [value(first), value(second)]
        return { ...a, name: emit('Add', [a.name, b.name], name) }
      }
      case 'MaxPool': {
        const { input, pads } = padded(first)
        const stride = hw(tf, 'strides')
        emit('MaxPool', [input.name], name, { kernel_shape: hw(tf, 'ksize'), pads, strides: stride })
        return { ...input, name, side: input.side / stride[0]! }
      }
      case 'LeakyRelu': {
        const x = value(first)
        return { ...x, name: emit('LeakyRelu', [x.name], name, { alpha: tf.attr('alpha') as number }) }
      }
      case 'ConcatV2': {
        const parts = tf.input.slice(0, -1).map(value)
        const channels = parts.reduce((sum, part) => sum + part.channels, 0)
        return {
          ...parts[0]!,
          channels,
          name: emit(
            'Concat',
            parts.map(p => p.name),
            name,
            { axis: 1 },
          ),
        }
      }
      case 'ResizeBilinear': {
        const x = value(first)
        const side = weight(graph, second).data[0]! as number
        const scales = `${name}.scales`
        initializers.push({
          name: scales,
          dims: [4],
          data: Float32Array.of(1, 1, side / x.side, side / x.side),
        })
        const mode = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' }
        return { ...x, side, name: emit('Resize', [x.name, '', scales], name, mode) }
      }
      case 'SplitV': {
        const x = value(first)
        const sizes = [...weight(graph, second).data] as number[]
        const parts = sizes.map((channels, i) => ({ ...x, name: `${name}.${i}`, channels }))
        const lengths = `${name}.lengths`
        initializers.push({ name: lengths, dims: [sizes.length], data: BigInt64Array.from(sizes, BigInt) })
        nodes.push({
          op: 'Split',
          inputs: [x.name, lengths],
          outputs: parts.map(part => part.name),
          attributes: { axis: 1 },
        })
        parts.forEach((part, i) => {
          done.set(i === 0 ? tf.name : `${tf.name}:${i}`, part)
        })
        return done.get(reference)!
      }
      case 'Sigmoid': {
        const x = value(first)
        return { ...x, name: emit('Sigmoid', [x.name], name) }
      }
      case 'Reshape': {
        const x = value(first)
        const shape = `${name}.shape`
        initializers.push({ name: shape, dims: [3], data: BigInt64Array.of(1n, BigInt(x.channels), -1n) })
        return { ...x, name: emit('Reshape', [x.name, shape], name) }
      }
      default:
        throw new Error(`no conversion for ${tf.op} (${tf.name})`)
    }
  }

  function convolution(conv: TfNode, bias: string, name: string): Value {
    const [x = '', kernel = ''] = conv.input
    const { input, pads } = padded(x)
    const { shape, data } = half(graph, kernel)
    const [h, w, from, to] = shape as [number, number, number, number]
    const strides = hw(conv, 'strides')
    const inputs = [
      input.name,
      parameter(`${name}.weight`, [to, from, h, w], hwioToOihw(data, h * w, from, to)),
      parameter(`${name}.bias`, [to], half(graph, bias).data),
    ]
    emit('Conv', inputs, name, { kernel_shape: [h, w], pads, strides })
    return { name, channels: to, side: input.side / strides[0]! }
  }

  /** Looks through a padding: its lengths go to the operation that reads the padded value. */
  function padded(reference: string): { input: Value; pads: readonly number[] } {
    const tf = node(graph, reference)
    if (tf.op === 'Transpose') return padded(tf.input[0]!)
    if (tf.op !== 'Pad' && tf.op !== 'PadV2') return { input: value(reference), pads: [0, 0, 0, 0] }
    const [, , , , top, bottom, left, right] = weight(graph, tf.input[1]!).data as Int32Array
    return { input: value(tf.input[0]!), pads: [top!, left!, bottom!, right!] }
  }

  // Finest stride first, whatever the order in which the original names its outputs.
  const outputs = graph.outputs.map(value).sort((a, b) => b.side - a.side)
  for (const [name, channels] of [
    ['scores', 80],
    ['bins', 44],
  ] as const) {
    const parts = outputs.filter(output => output.channels === channels).map(output => output.name)
    emit('Concat', parts, name, { axis: 2 })
  }
  return {
    name: 'nanodet',
    inputs: [{ name: inputName, shape: [1, 3, 'height', 'width'] }],
    outputs: [
      { name: 'scores', shape: [1, 80, 'anchors'] },
      { name: 'bins', shape: [1, 44, 'anchors'] },
    ],
    ...{ nodes, initializers },
  }
}

export function node(graph: TfGraph, reference: string): TfNode {
  const found = graph.nodes.get(reference.replace(/:\d+$/, ''))
  if (!found) throw new Error(`the graph has no operation ${reference}`)
  return found
}

export function weight(graph: TfGraph, name: string): TfWeight {
  const found = graph.weights.get(name)
  if (!found) throw new Error(`the graph has no weights ${name}`)
  return found
}

export function half(graph: TfGraph, name: string): { shape: readonly number[]; data: Uint16Array } {
  const { shape, data } = weight(graph, name)
  if (!(data instanceof Uint16Array)) throw new Error(`the weights ${name} are not float16`)
  return { shape, data }
}

/** The middle two of four numbers for N, H, W, C. */
export function hw(tf: TfNode, name: string): readonly number[] {
  return (tf.attr(name) as readonly number[]).slice(1, 3)
}

export function hwioToOihw(data: Uint16Array, cells: number, from: number, to: number): Uint16Array {
  const result = new Uint16Array(data.length)
  for (let cell = 0; cell < cells; cell++)
    for (let i = 0; i < from; i++)
      for (let o = 0; o < to; o++) result[(o * from + i) * cells + cell] = data[(cell * from + i) * to + o]!
  return result
}
