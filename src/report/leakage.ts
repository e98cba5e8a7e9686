import type { SplitOptions } from '../operators/split.js'
import type { Sample, Subset } from '../types.js'
import type { Check } from './data.js'

/** Looks for leaks between train and val in what was written, image by image, whatever the split had decided. */
export class LeakageAudit {
  /** Images by side. */
  readonly images = { train: 0, val: 0 }
  /** Those of them that are no variants. */
  readonly #crops = { train: 0, val: 0 }
  readonly #lastMs: { train?: number; val?: number } = {}
  readonly #sidesOf = new Map<number, Set<Subset>>()
  #closestMs = Number.POSITIVE_INFINITY

  /** @param split as fitted to the video. @param asked as the user set it. */
  constructor(
    readonly split: SplitOptions,
    readonly asked: { readonly valRatio: number; readonly splitGap: number },
  ) {}

  /** Takes each image, in the order of the frames. */
  add({ subset, trackId, ptsMs, augmentation }: Sample): void {
    this.images[subset]++
    if (augmentation === 0) this.#crops[subset]++
    this.#lastMs[subset] = ptsMs
    const { train, val } = this.#lastMs
    if (train !== undefined && val !== undefined) {
      this.#closestMs = Math.min(this.#closestMs, Math.abs(train - val))
    }
    const sides = this.#sidesOf.get(trackId)
    if (sides === undefined) this.#sidesOf.set(trackId, new Set([subset]))
    else sides.add(subset)
  }

  checks(): Check[] {
    const variants = this.images.val - this.#crops.val
    return [
      {
        name: 'No augmented image validates',
        ok: variants === 0,
        detail: `${variants} of the ${this.images.val} images of val are variants`,
      },
      this.split.by === 'identity' ? this.#tracksApart() : this.#momentsApart(),
      this.#bothSides(),
    ]
  }

  #tracksApart(): Check {
    const both = [...this.#sidesOf].filter(([, sides]) => sides.size === 2).map(([id]) => id)
    return {
      name: 'No track is on both sides',
      ok: both.length === 0,
      detail:
        both.length === 0
          ? `each of the ${this.#sidesOf.size} tracks is in train or in val`
          : `tracks ${both.slice(0, 10).join(', ')} are in both`,
    }
  }

  #momentsApart(): Check {
    const closest = this.#closestMs / 1000
    return {
      name: 'No moment of train is near one of val',
      // A thousandth of a second for the rounding of times.
      ok: closest >= this.split.gapSeconds - 1e-3,
      detail: Number.isFinite(closest)
        ? `the closest two images are ${closest.toFixed(2)} s apart; ${this.#gap()}`
        : 'there are images on one side only',
    }
  }

  #gap(): string {
    const [gap, asked] = [this.split.gapSeconds, this.asked.splitGap]
    const fitted = gap === asked ? '' : `, of which ${gap.toFixed(2)} s fit this video`
    return `${asked} s are asked for${fitted}`
  }

  #bothSides(): Check {
    const { train, val } = this.#crops
    const asked = this.asked.valRatio
    return {
      name: 'Each side that was asked for has images',
      ok: (train > 0 || asked === 1) && (val > 0 || asked === 0),
      detail: `${Math.round((100 * val) / Math.max(1, train + val))}% of the crops validate, ${Math.round(100 * asked)}% were asked for`,
    }
  }
}
