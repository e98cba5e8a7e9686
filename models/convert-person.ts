import { float16Bits, fromFloat16 } from '../dist/vision/detectors/float16.js'
import { half, hw, hwioToOihw, inputName, node, type OnnxGraph, type OnnxNode, weight } from './convert.js'
import type { TfGraph, TfNode } from './tfjs-graph.js'

export const outputName = 'person'
/** Name of the mask in the original. */
const output = 'Identity_1'

/** A value of the graph under conversion, laid out NCHW. */
interface Value {
  readonly name: string
  readonly channels: number
}

/**
 * Writes the segmentation branch of the BlazePose graph of TensorFlow.js as a fully convolutional ONNX graph: input
 * `image` [1, 3, H, W], RGB from 0 to 1, with H and W multiples of 32; output `person` [1, 1, H, W], or half of both
 * sides: the probability that a pixel is the person in the middle.
 *
 * Half of the network's time goes into its last block, which the original runs on features that were enlarged to the
 * size of the input. With `halved` they are not enlarged, and the kernels of the block are those that have the same mean
 * effect on features of half the size: exact where nothing is clipped.
 */
export function convertPerson(graph: TfGraph, halved: boolean): OnnxGraph {
  const nodes: OnnxNode[] = []
  const initializers: OnnxGraph['initializers'] = []
  const done = new Map<string, Value>()
  const lastBlock = halved ? blockBehindLastResize(graph, output) : new Set<string>()

  const emit = (op: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}) => {
    const name = `v${nodes.length}`
    nodes.push({ op, inputs, outputs: [name], attributes })
    return name
  }

  /** Weights stay float16 in the file, as the original's are; a session folds the casts when it opens. */
  const parameter = (dims: readonly number[], data: Uint16Array) => {
    const name = `w${initializers.length}`
    initializers.push({ name, dims, data })
    return emit('Cast', [name], { to: 1 })
  }

  const scalar = (value: number) => {
    const name = `w${initializers.length}`
    initializers.push({ name, dims: [], data: Float32Array.of(value) })
    return name
  }

  const relu6 = (name: string) => emit('Clip', [name, scalar(0), scalar(6)])

  function value(reference: string): Value {
    const known = done.get(reference)
    if (known) return known
    const made = make(node(graph, reference))
    done.set(reference, made)
    return made
  }

  function make(tf: TfNode): Value {
    const [first = '', second = ''] = tf.input
    switch (tf.op) {
      case 'Placeholder':
        return { name: inputName, channels: 3 }
      case 'Identity':
        return value(first)
      case '_FusedConv2D':
      case 'FusedDepthwiseConv2dNative':
        return convolution(tf)
      case 'AddV2': {
        const [a, b] = [value(first), value(second)]
        return { ...a, name: emit('Add', [a.name, b.name]) }
      }
      case 'Relu6': {
        const x = value(first)
        return { ...x, name: relu6(x.name) }
      }
      case 'Sigmoid': {
        const x = value(first)
        return { ...x, name: emit('Sigmoid', [x.name]) }
      }
      case 'ResizeBilinear': {
        const x = value(first)
        if (lastBlock.has(tf.name)) return x
        const scales = `w${initializers.length}`
        initializers.push({ name: scales, dims: [4], data: Float32Array.of(1, 1, 2, 2) })
        const mode = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' }
        return { ...x, name: emit('Resize', [x.name, '', scales], mode) }
      }
      default:
        throw new Error(`no conversion for ${tf.op} (${tf.name})`)
    }
  }

  function convolution(tf: TfNode): Value {
    const [from = '', kernel = '', bias = ''] = tf.input
    const { input, pads } = padded(from)
    const { shape, data } = half(graph, kernel)
    const [h, w, inner, outer] = shape as [number, number, number, number]
    const depthwise = tf.op === 'FusedDepthwiseConv2dNative'
    // A depthwise kernel is [h, w, channels, 1].
    const [group, channels, each] = depthwise ? [inner, inner, 1] : [1, outer, inner]
    const flat = hwioToOihw(data, h * w, depthwise ? 1 : inner, depthwise ? inner : outer)
    const weights = lastBlock.has(tf.name) && h === 3 ? halvedKernels(flat) : flat
    const [strides, same] = [hw(tf, 'strides'), tf.attr('padding') === 'SAME']
    const around = same ? [(h - 1) / 2, (w - 1) / 2, (h - 1) / 2, (w - 1) / 2] : pads
    const name = emit(
      'Conv',
      [input.name, parameter([channels, each, h, w], weights), parameter([channels], half(graph, bias).data)],
      { kernel_shape: [h, w], pads: around, strides, group },
    )
    const fused = tf.attr('fused_ops') as readonly string[]
    return { name: fused.includes('Relu6') ? relu6(name) : name, channels }
  }

  /** Looks through a padding: its lengths go to the convolution that reads the padded value. */
  function padded(reference: string): { input: Value; pads: readonly number[] } {
    const tf = node(graph, reference)
    if (tf.op !== 'Pad') return { input: value(reference), pads: [0, 0, 0, 0] }
    const [, , top, bottom, left, right] = weight(graph, tf.input[1]!).data as Int32Array
    return { input: value(tf.input[0]!), pads: [top!, left!, bottom!, right!] }
  }

  const last = value(output)
  nodes.push({ op: 'Identity', inputs: [last.name], outputs: [outputName], attributes: {} })
  const sides = halved ? ['half height', 'half width'] : ['height', 'width']
  return {
    name: 'blazepose-segmentation',
    inputs: [{ name: inputName, shape: [1, 3, 'height', 'width'] }],
    outputs: [{ name: outputName, shape: [1, 1, ...sides] }],
    ...{ nodes, initializers },
  }
}

/** Names of the operations from the last enlargement on. */
function blockBehindLastResize(graph: TfGraph, output: string): ReadonlySet<string> {
  const block = new Set<string>()
  const visit = (reference: string): void => {
    const tf = graph.nodes.get(reference.replace(/:\d+$/, ''))
    if (tf === undefined || tf.op === 'Const' || block.has(tf.name)) return
    block.add(tf.name)
    if (tf.op !== 'ResizeBilinear') tf.input.forEach(visit)
  }
  visit(output)
  return block
}

/**
 * Kernels of 3 x 3 for features of half the size: enlarging by 2, bilinearly, then the kernel, then the mean of each 2 x 2,
 * in one. Rows of the matrix: the weights of the three taps of the old kernel in each tap of the new one.
 */
function halvedKernels(kernels: Uint16Array): Uint16Array {
  const taps = [
    [1 / 2, 1 / 8, 0],
    [1 / 2, 3 / 4, 1 / 2],
    [0, 1 / 8, 1 / 2],
  ]
  const old = fromFloat16(kernels)
  const result = new Float32Array(kernels.length)
  for (let at = 0; at < kernels.length; at += 9) {
    for (const [y, down] of taps.entries())
      for (const [x, across] of taps.entries())
        for (const [v, b] of down.entries())
          for (const [u, a] of across.entries()) result[at + 3 * y + x]! += b * a * old[at + 3 * v + u]!
  }
  const bits = new Uint16Array(kernels.length)
  float16Bits(result, bits)
  return bits
}
