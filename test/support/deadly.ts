import type { WorkerOperator } from '../../dist/runtime/operator.js'
import type { Slots } from '../../dist/runtime/slots.js'
import type { Source } from '../../dist/runtime/source.js'

/** A value with the number of a frame; `pixels` move to the worker with it. */
export interface Numbered {
  readonly index: number
  readonly pixels?: Uint8Array<ArrayBuffer>
}

export interface DeadlyOptions {
  /** Indices of the values that it dies of. */
  readonly on: readonly number[]
  readonly how: 'exit' | 'timer' | 'rejection' | 'heap' | 'recursion' | 'throw' | 'said' | 'unmade'
  /** How often of each of them; always unless given. */
  readonly lives?: Int32Array<SharedArrayBuffer>
}

/** An operator that ends its worker; see deadly.mjs. */
export const deadly = <T>(name: string, options: DeadlyOptions): WorkerOperator<string, T, T> => ({
  name,
  module: new URL(`./deadly.mjs?${name}`, import.meta.url).href,
  options,
})

/** A source of values from index 0, each in a slot of its own. */
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
