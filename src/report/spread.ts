/**
 * Keeps a few of many, evenly spread over all of them, without knowing how many will come: every n-th is
 * taken, and when there are too many, every second one of them goes and n doubles.
 */
export class Spread<T> {
  #every = 1
  #seen = 0
  #kept: T[] = []

  constructor(readonly limit: number) {}

  /** In the order in which they came. */
  get kept(): readonly T[] {
    return this.#kept
  }

  /** Whether the next one is to be kept; to be called once for each. */
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
