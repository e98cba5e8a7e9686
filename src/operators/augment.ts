import { between, type Random, randomFor } from '../common/random.js'
import { integer } from '../settings/setting.js'
import type { DatasetCrop } from '../types.js'
import { blur } from '../vision/imaging/blur.js'
import { erase, type Rgb, variantOf } from '../vision/imaging/variant.js'
import { workerOperator } from './definition.js'
import { removeBackground } from './remove-background.js'
import { seed, seedOf } from './seed.js'

export interface AugmentOptions {
  /** Variants made of each train crop, in addition to the crop itself. */
  readonly variants: number
  /** Fills areas that a rotated or shifted crop does not cover. */
  readonly fill: Rgb
  /** The same seed and crop give the same variants. */
  readonly seed: string
}

/**
 * Strength of the augmentation: mild, as is usual for re-identification. Each value is a probability, or the largest
 * change in either direction.
 */
const STRENGTH = {
  flip: 0.5,
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.2,
  /** Share of the color circle. */
  hue: 0.1,
  rotationDegrees: 10,
  /** Share of the width and height. */
  shift: 0.1,
  blur: 0.3,
  /** Standard deviation in pixels. */
  blurSigma: [0.3, 1],
  erase: 0.5,
  /** Share of the area, and ratio of height to width (Zhong et al. 2020, Random Erasing Data Augmentation). */
  eraseArea: [0.02, 0.2],
  eraseAspect: [0.3, 3.3],
} as const

/** Adds variants to each train crop; val crops pass unchanged. */
export const augment = workerOperator({
  name: 'augment',
  module: import.meta.url,
  settings: {
    augment: integer({
      from: 0,
      to: 50,
      default: 3,
      value: 'variants',
      essential: true,
      help: 'variants made of each train crop',
    }),
    seed,
    replacementColor: removeBackground.settings.replacementColor,
  },
  options: ({ augment, seed, replacementColor }, { videoGuid }) => ({
    variants: augment,
    fill: replacementColor,
    seed: seedOf(seed, videoGuid),
  }),
  defaults: { variants: 3, fill: [0, 0, 0] as Rgb, seed: '0' },
  step: (options: AugmentOptions) => (crop: DatasetCrop) => {
    if (crop.subset !== 'train') return [crop]
    const variants = Array.from({ length: options.variants }, (_, k) =>
      drawn(crop, options.fill, k + 1, randomFor(options.seed, crop.key, k + 1)),
    )
    return [crop, ...variants]
  },
})

/** Draws every random number even if it is not used, so that each change is independent of the others. */
function drawn(crop: DatasetCrop, fill: Rgb, augmentation: number, random: Random): DatasetCrop {
  const jitter = {
    brightness: between(random, 1 - STRENGTH.brightness, 1 + STRENGTH.brightness),
    contrast: between(random, 1 - STRENGTH.contrast, 1 + STRENGTH.contrast),
    saturation: between(random, 1 - STRENGTH.saturation, 1 + STRENGTH.saturation),
    hue: between(random, -STRENGTH.hue, STRENGTH.hue),
  }
  const moved = {
    flip: random() < STRENGTH.flip,
    radians: (between(random, -1, 1) * STRENGTH.rotationDegrees * Math.PI) / 180,
    shiftX: between(random, -1, 1) * STRENGTH.shift * crop.width,
    shiftY: between(random, -1, 1) * STRENGTH.shift * crop.height,
  }
  const rgb = variantOf(crop, jitter, moved, fill)
  const blurs = random() < STRENGTH.blur
  const sigma = between(random, ...STRENGTH.blurSigma)
  if (blurs) blur(rgb, crop.width, crop.height, sigma)

  const erases = random() < STRENGTH.erase
  const area = between(random, ...STRENGTH.eraseArea) * crop.width * crop.height
  const aspect = Math.exp(between(random, ...logarithms(STRENGTH.eraseAspect)))
  const width = Math.min(crop.width, Math.max(1, Math.round(Math.sqrt(area / aspect))))
  const height = Math.min(crop.height, Math.max(1, Math.round(Math.sqrt(area * aspect))))
  const left = Math.floor(random() * (crop.width - width + 1))
  const top = Math.floor(random() * (crop.height - height + 1))
  const color: Rgb = [random() * 256, random() * 256, random() * 256]
  if (erases) erase(rgb, crop.width, { left, top, width, height }, color)

  const { mask: _, ...rest } = crop
  return { ...rest, rgb, augmentation }
}

const logarithms = ([low, high]: readonly [number, number]): [number, number] => [
  Math.log(low),
  Math.log(high),
]
