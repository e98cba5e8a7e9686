import { number } from '../settings/setting.js'
import type { Crop } from '../types.js'
import { lumaOf } from '../vision/imaging/luma.js'
import { sharpnessOf } from '../vision/imaging/sharpness.js'
import { workerOperator } from './definition.js'

/** Drops blurred crops as `blurred`. */
export const sharpnessFilter = workerOperator({
  name: 'sharpness-filter',
  module: import.meta.url,
  settings: {
    minSharpness: number({
      from: 0,
      to: 100_000,
      default: 0,
      value: 'variance',
      help: 'drop crops less sharp than this, as blurred: variance of the Laplacian at 32 pixels of height; 0 keeps all',
    }),
  },
  enabled: ({ minSharpness }) => minSharpness > 0,
  step:
    ({ minSharpness }) =>
    (crop: Crop, context) => {
      // Older runs, from which this one may start, did not measure it.
      const { sharpness = sharpnessOf(lumaOf(crop), [0, 0, crop.width, crop.height]) } = crop.detection
      if (sharpness >= minSharpness) return [crop]
      context.drop('blurred', 1, crop.detection.xyxy)
      return []
    },
})
