import type { Operator } from '../../dist/runtime/operator.js'
import type { Sink } from '../../dist/runtime/sink.js'
import type { Slots } from '../../dist/runtime/slots.js'
import type { Source } from '../../dist/runtime/source.js'

export interface NumbersOptions {
  readonly times?: number
  readonly fail?: number
  readonly drop?: number
  readonly die?: number
  readonly late?: Int32Array<SharedArrayBuffer>
}

/** An operator that adds one; see numbers.mjs. */
export const numbers = (name: string, options: NumbersOptions = {}): Operator<number, number> => ({
  name,
  module: new URL('./numbers.mjs', import.meta.url).href,
  options,
})

/** A source of the numbers from 0, each in a slot of its own, that knows whether it still runs. */
export class Counting implements Source<number> {
  readonly name = 'numbers'
  given = 0
  running = false

  constructor(readonly count: number) {}

  async *read(slots: Slots, signal: AbortSignal) {
    this.running = true
    try {
      for (let value = 0; value < this.count; value++) {
        const { lease } = await slots.take(signal)
        this.given++
        yield { value, lease }
      }
    } finally {
      this.running = false
    }
  }
}

/** A sink that takes one value each time it is told to, or all of them at once. */
export class Collecting<T> implements Sink<T> {
  readonly name = 'collect'
  readonly values: T[] = []

  constructor(readonly ready: () => Promise<void> = async () => {}) {}

  async write(value: T): Promise<void> {
    await this.ready()
    this.values.push(value)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
