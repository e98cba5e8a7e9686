import type { Picture, Xyxy } from '../../types.js'
import { blendKit, type KitColors, kitColors } from '../tracking/appearance.js'

/** Digits after the point that are kept of a mean which no longer changes: beyond them is noise. */
const precision = 1e4

/** The mean colors of a kit over many boxes, as plain data. */
export interface KitState {
  readonly colors: readonly number[]
  /** Sum of the weights of the boxes. */
  readonly weight: number
}

/** Running mean of how a player looks, whatever `appearance.ts` sees of one box. */
export class KitMean {
  #colors: KitColors | undefined
  #weight = 0

  static from({ colors, weight }: KitState): KitMean {
    const mean = new KitMean()
    if (weight > 0) mean.#colors = Float32Array.from(colors)
    mean.#weight = weight
    return mean
  }

  /** @param weight 0 to 1: how much the box shows of the player alone. */
  add(picture: Picture, box: Xyxy, weight: number): void {
    const seen = kitColors(picture, box)
    this.#weight += weight
    if (this.#colors === undefined) this.#colors = seen
    else blendKit(this.#colors, seen, weight / this.#weight)
  }

  get state(): KitState {
    return { colors: [...(this.#colors ?? [])], weight: this.#weight }
  }

  /** The state in few digits. */
  get rounded(): KitState {
    const round = (value: number) => Math.round(value * precision) / precision
    return { colors: [...(this.#colors ?? [])].map(round), weight: round(this.#weight) }
  }
}
