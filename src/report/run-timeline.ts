import type { Moment } from './data.js'

/** Moments of the run that are shown. */
const MAX_MOMENTS = 300

/** How a run went: one moment a second at first, and longer ones, averaged, when there are too many. */
export class RunTimeline {
  #moments: (Moment & { readonly length: number })[] = []

  /** @param length of the stretch that ends at `moment.seconds`, in seconds. */
  add(moment: Moment, length: number): void {
    const last = this.#moments.at(-1)
    // The first is among the longest: a last moment that is shorter still grows.
    const longest = this.#moments[0]?.length ?? 0
    if (last !== undefined && last.length + length <= longest * 1.01) {
      this.#moments[this.#moments.length - 1] = joined(last, { ...moment, length })
      return
    }
    this.#moments.push({ ...moment, length })
    if (this.#moments.length <= MAX_MOMENTS) return
    const pairs = []
    for (let i = 0; i < this.#moments.length; i += 2) {
      const [a, b] = [this.#moments[i]!, this.#moments[i + 1]] // the last may be alone
      pairs.push(b === undefined ? a : joined(a, b))
    }
    this.#moments = pairs
  }

  report(): Moment[] {
    return this.#moments.map(({ length: _, ...moment }) => moment)
  }
}

type Stretch = Moment & { readonly length: number }

function joined(a: Stretch, b: Stretch): Stretch {
  const length = a.length + b.length
  const mean = (key: 'framesPerSecond' | 'imagesPerSecond' | 'busy') =>
    (a[key] * a.length + b[key] * b.length) / length
  return {
    seconds: b.seconds,
    framesPerSecond: mean('framesPerSecond'),
    imagesPerSecond: mean('imagesPerSecond'),
    busy: mean('busy'),
    // What a person looks for in memory is how high it went.
    memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
    bottleneck: b.length > a.length ? b.bottleneck : a.bottleneck,
    length,
  }
}
