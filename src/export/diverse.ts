import { differenceOf } from '../vision/imaging/appearance.js'

interface Chosen {
  readonly frame: number
  readonly signature: string
  /** The chosen crop that is most alike, and how much they differ. */
  double: Chosen | undefined
  difference: number
}

/**
 * Chooses the crops of a track that differ most from each other, as they come: a crop takes the place of the one that
 * has the nearest double, if it is farther from all others than that one.
 */
export class DiverseChoice {
  readonly #chosen: Chosen[] = []

  /** @param most crops that are chosen. */
  constructor(readonly most: number) {}

  /** @param signature of the crop, by `appearanceOf`. */
  offer(frame: number, signature: string): void {
    if (this.#chosen.length < this.most) {
      this.#add(frame, signature)
      return
    }
    const removed = this.#chosen.reduce((a, b) => (b.difference <= a.difference ? b : a))
    const others = this.#chosen.filter(crop => crop !== removed)
    if (nearestOf(signature, others).difference <= removed.difference) return
    this.#chosen.splice(this.#chosen.indexOf(removed), 1)
    for (const crop of others.filter(({ double }) => double === removed)) {
      const rest = others.filter(other => other !== crop)
      Object.assign(crop, nearestOf(crop.signature, rest))
    }
    this.#add(frame, signature)
  }

  get frames(): ReadonlySet<number> {
    return new Set(this.#chosen.map(({ frame }) => frame))
  }

  #add(frame: number, signature: string): void {
    const added: Chosen = { frame, signature, ...nearestOf(signature, this.#chosen) }
    for (const crop of this.#chosen) {
      const difference = differenceOf(signature, crop.signature)
      if (difference < crop.difference) Object.assign(crop, { double: added, difference })
    }
    this.#chosen.push(added)
  }
}

function nearestOf(signature: string, crops: readonly Chosen[]): Pick<Chosen, 'double' | 'difference'> {
  let nearest: Pick<Chosen, 'double' | 'difference'> = { double: undefined, difference: Infinity }
  for (const double of crops) {
    const difference = differenceOf(signature, double.signature)
    if (difference < nearest.difference) nearest = { double, difference }
  }
  return nearest
}
