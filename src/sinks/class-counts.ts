import type { Sample } from '../types.js'

/** Images of the dataset of one class, variants included. */
export interface ClassCount {
  readonly classId: number
  /** Undefined if unknown, from an older run. */
  readonly className?: string | undefined
  readonly images: number
}

/** Counts images by class. */
export class ClassCounts {
  readonly #counts = new Map<number, ClassCount>()

  constructor(counts: readonly ClassCount[] = []) {
    for (const count of counts) this.add(count, count.images)
  }

  add({ classId, className }: Pick<Sample, 'classId' | 'className'>, images = 1): void {
    const earlier = this.#counts.get(classId)
    this.#counts.set(classId, {
      classId,
      className: earlier?.className ?? className,
      images: (earlier?.images ?? 0) + images,
    })
  }

  /** By class id. */
  get all(): readonly ClassCount[] {
    return [...this.#counts.values()].sort((a, b) => a.classId - b.classId)
  }
}
