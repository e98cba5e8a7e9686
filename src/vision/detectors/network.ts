import './no-telemetry.js'

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { InputError } from '../../common/errors.js'
import type { DeviceName } from './device.js'
import type { ModelBytes } from './model-file.js'

/** A tensor: values in row-major order. float16 values are their bits. */
export interface Values {
  readonly type: 'float32' | 'float16' | 'uint8' | 'int64'
  readonly data: Float32Array | Uint16Array | Uint8Array | BigInt64Array
  readonly dims: readonly number[]
}

/** An output, of any type. Not a type of ONNX Runtime, whose types need those of a browser. */
export interface OutputValues {
  readonly data: ArrayLike<number | bigint | string>
  readonly dims: readonly number[]
}

/** A model that ONNX Runtime can open. */
export interface NamedModel extends ModelBytes {
  readonly name: string
}

/** The network of a model, ready to run. Inputs and outputs are by name. */
export interface Network {
  /** @throws InputError when ONNX Runtime cannot run the model. */
  run(inputs: Readonly<Record<string, Values>>): Promise<Readonly<Record<string, OutputValues>>>
  /** Frees its memory. No call may be running. */
  close(): Promise<void>
}

/**
 * Opens the network of a model on this thread, which `run` blocks. On the CPU it takes this thread only.
 * @throws InputError when ONNX Runtime refuses the model, or the device.
 */
export async function openNetwork(model: NamedModel, device: DeviceName = 'cpu'): Promise<Network> {
  const session = await refusing('load', model, () =>
    // A copy, since ONNX Runtime does not accept shared memory; the session keeps what it needs.
    InferenceSession.create(new Uint8Array(model.onnx), {
      executionProviders: [device],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      // A plan of the memory saves no time, but is kept beside the memory of the first call: 13 MB at 992 pixels.
      enableMemPattern: false,
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      externalData: model.external.map(({ name: path, bytes: data }) => ({ path, data })),
    }),
  )
  return {
    run: inputs =>
      refusing('run', model, () =>
        session.run(
          Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, tensorOf(values)])),
        ),
      ),
    close: () => session.release(),
  }
}

/** With Float16Array (Node 24) the package makes one of the bits, which its own binding cannot read. */
function tensorOf({ type, data, dims }: Values): Tensor {
  const tensor = new Tensor(type, data, dims)
  return type === 'float16' ? Object.defineProperty(tensor, 'data', { value: data }) : tensor
}

async function refusing<T>(what: string, { name }: NamedModel, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    // Without the place in the source code of ONNX Runtime.
    const reason = text.split('\n')[0]?.replace(/^\/\S.* was false\. /, '')
    throw new InputError(`ONNX Runtime cannot ${what} the model ${name}: ${reason}`, { cause })
  }
}
