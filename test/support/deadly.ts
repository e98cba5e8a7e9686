import type { WorkerOperator } from '../../dist/runtime/operator.js'
import type { Slots } from '../../dist/runtime/slots.js'
import type { Source } from '../../dist/runtime/source.js'

/** A value with a frame index; the buffer of `pixels` is transferred to the worker. */
export interface Numbered {
  readonly index: number
  readonly pixels?: Uint8Array<ArrayBuffer>
}

export interface DeadlyOptions {
  /** Indices of the values on which it fails. */
  readonly on: readonly number[]
  readonly how: 'exit' | 'timer' | 'rejection' | 'heap' | 'recursion' | 'throw' | 'usage' | 'unmade'
  /** Number of failures for each of them. Default: always. */
  readonly lives?: Int32Array<SharedArrayBuffer>
}

/** An operator that crashes its worker; see deadly.mjs. */
export const deadly = <T>(name: string, options: DeadlyOptions): WorkerOperator<string, T, T> => ({
  name,
  module: new URL(`./deadly.mjs?${name}`, import.meta.url).href,
  options,
})

/** A source of values from index 0, each with its own slot. */
export const frames = (count: number, pixels = 0): Source<Numbered> => ({
  name: 'frames',
  item: 'frame',
  async *read(slots: Slots, signal: AbortSignal) {
    for (let index = 0; index < count; index++) {
      const { lease } = await slots.take(signal)
      const value = { index, ...(pixels > 0 && { pixels: new Uint8Array(pixels) }) }
      yield { origin: value, value, lease }
    }
  },
})
