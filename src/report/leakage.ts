import type { SplitOptions } from '../operators/split.js'
import type { Sample, Subset } from '../types.js'
import type { Check } from './data.js'

/** Checks the written images for leakage between train and val, independently of the split step. */
export class LeakageAudit {
  /** Images per side. */
  readonly images = { train: 0, val: 0 }
  /** The same without augmented variants. */
  readonly #crops = { train: 0, val: 0 }
  readonly #lastMs: { train?: number; val?: number } = {}
  readonly #sidesOf = new Map<number, Set<Subset>>()
  #closestMs = Number.POSITIVE_INFINITY

  /**
   * @param split fitted to the video. @param asked as set by the user.
   * @param resumed images of frames before the resume are not seen here.
   */
  constructor(
    readonly split: SplitOptions,
    readonly asked: { readonly valRatio: number; readonly splitGap: number },
    readonly resumed = false,
  ) {}

  /** Call it for each image, in frame order. */
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
        name: 'No augmented image in val',
        ok: variants === 0,
        detail: `${variants} of the ${this.images.val} images in val are augmented variants`,
      },
      this.split.by === 'identity' ? this.#tracksApart() : this.#momentsApart(),
      this.#bothSides(),
    ]
  }

  #tracksApart(): Check {
    const both = [...this.#sidesOf].filter(([, sides]) => sides.size === 2).map(([id]) => id)
    return {
      name: 'No track in both train and val',
      ok: both.length === 0,
      detail:
        both.length === 0
          ? `each of the ${this.#sidesOf.size} tracks is in train or in val`
          : `tracks ${both.slice(0, 10).join(', ')}${both.length > 10 ? ', …' : ''} are in both`,
    }
  }

  #momentsApart(): Check {
    const closest = this.#closestMs / 1000
    return {
      name: 'Time gap between train and val',
      // 1 ms of tolerance for rounded times.
      ok: closest >= this.split.gapSeconds - 1e-3,
      detail: Number.isFinite(closest)
        ? `the closest two images are ${closest.toFixed(2)} s apart; ${this.#gap()}`
        : 'only one side has images',
    }
  }

  #gap(): string {
    const [gap, asked] = [this.split.gapSeconds, this.asked.splitGap]
    const fitted = gap === asked ? '' : `, adjusted to ${gap.toFixed(2)} s for this video`
    return `the requested gap is ${asked} s${fitted}`
  }

  #bothSides(): Check {
    const { train, val } = this.#crops
    const asked = this.asked.valRatio
    const name = 'Every requested side has images'
    if (this.resumed)
      return { name, ok: true, detail: 'not checked: an earlier process wrote a part of them' }
    return {
      name,
      ok: (train > 0 || asked === 1) && (val > 0 || asked === 0),
      detail: `${Math.round((100 * val) / Math.max(1, train + val))}% of the crops are in val, ${Math.round(100 * asked)}% requested`,
    }
  }
}
