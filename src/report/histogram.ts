import type { Histogram } from './data.js'

/** Counts values in fine bins over their possible range; `histogram` merges them into coarse ones. */
export class Distribution {
  readonly #fine = new Uint32Array(600)

  /** @param low start of the possible range; values outside of `low` to `high` count in the first or last bin. */
  constructor(
    readonly label: string,
    readonly unit: string,
    readonly low: number,
    readonly high: number,
  ) {}

  add(value: number): void {
    const bin = Math.floor(((value - this.low) / (this.high - this.low)) * this.#fine.length)
    this.#fine[Math.min(this.#fine.length - 1, Math.max(0, bin))]!++ // within the array
  }

  /** At most `bins` equal bins over the range of the values. */
  histogram(bins = 30): Histogram {
    const first = Math.max(
      0,
      this.#fine.findIndex(count => count > 0),
    )
    const last = Math.max(
      first,
      this.#fine.findLastIndex(count => count > 0),
    )
    const perBin = Math.ceil((last - first + 1) / bins)
    const counts: number[] = []
    for (let at = first; at <= last; at += perBin) {
      counts.push(this.#fine.subarray(at, at + perBin).reduce((sum, count) => sum + count, 0))
    }
    const width = (this.high - this.low) / this.#fine.length
    return {
      label: this.label,
      unit: this.unit,
      from: this.low + first * width,
      to: this.low + (first + counts.length * perBin) * width,
      counts: counts.some(count => count > 0) ? counts : [],
    }
  }
}
