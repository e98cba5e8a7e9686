import type { Moment } from './data.js'

/** Largest number of moments in the report. */
const MAX_MOMENTS = 300

/** The course of a run. Moments are one second long at first; when there are too many, neighbors are merged. */
export class RunTimeline {
  #moments: (Moment & { readonly length: number })[] = []

  /** @param length seconds covered by `moment`, which ends at `moment.seconds`. */
  add(moment: Moment, length: number): void {
    const last = this.#moments.at(-1)
    // The first moment has the target length: a shorter last moment still grows.
    const longest = this.#moments[0]?.length ?? 0
    if (last !== undefined && last.length + length <= longest * 1.01) {
      this.#moments[this.#moments.length - 1] = joined(last, { ...moment, length })
      return
    }
    this.#moments.push({ ...moment, length })
    if (this.#moments.length <= MAX_MOMENTS) return
    const pairs = []
    for (let i = 0; i < this.#moments.length; i += 2) {
      const [a, b] = [this.#moments[i]!, this.#moments[i + 1]] // b is missing for an odd last one
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
    // The peak is what matters for memory.
    memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
    bottleneck: b.length > a.length ? b.bottleneck : a.bottleneck,
    length,
  }
}
