import type { WorkerOperator } from '../../dist/runtime/operator.js'
import type { Sink } from '../../dist/runtime/sink.js'
import type { Origin, Slots } from '../../dist/runtime/slots.js'
import type { Source } from '../../dist/runtime/source.js'

export interface NumbersOptions {
  readonly times?: number
  readonly fail?: number
  readonly drop?: number
  readonly die?: number
  readonly late?: Int32Array<SharedArrayBuffer>
}

/** An operator that adds one; see numbers.mjs. */
export const numbers = <const Name extends string>(
  name: Name,
  options: NumbersOptions = {},
): WorkerOperator<Name, number, number> => ({
  name,
  module: new URL(`./numbers.mjs?${name}`, import.meta.url).href,
  options,
})

/** A source of the numbers from 0, each with its own slot, with a flag while it runs. */
export class Counting implements Source<number, Origin> {
  readonly name = 'numbers'
  given = 0
  running = false

  /** @param count end of the numbers, exclusive. @param first of them. */
  constructor(
    readonly count: number,
    readonly first = 0,
  ) {}

  async *read(slots: Slots, signal: AbortSignal) {
    this.running = true
    try {
      for (let value = this.first; value < this.count; value++) {
        const { lease } = await slots.take(signal)
        this.given++
        yield { origin: { index: value }, value, lease }
      }
    } finally {
      this.running = false
    }
  }
}

/** A sink that collects values, each when `ready` resolves. */
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
