/**
 * Samples a stream of unknown length evenly: keeps every n-th item; above the limit, removes every second one and
 * doubles n.
 */
export class Spread<T> {
  #every = 1
  #seen = 0
  #kept: T[] = []

  constructor(readonly limit: number) {}

  /** In order of arrival. */
  get kept(): readonly T[] {
    return this.#kept
  }

  /** Whether to keep the next item. Call it once per item. */
  wants(): boolean {
    return this.#seen++ % this.#every === 0
  }

  keep(one: T): void {
    this.#kept.push(one)
    if (this.#kept.length <= this.limit) return
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0)
    this.#every *= 2
  }
}
