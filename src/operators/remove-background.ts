import { expected, UsageError } from '../common/errors.js'
import { color, type Rgb, toggle } from '../settings/setting.js'
import type { Crop } from '../types.js'
import { paintOutside } from '../vision/imaging/paint.js'
import { segmentPlayer } from '../vision/surface/segment.js'
import type { SurfaceModel } from '../vision/surface/surface-model.js'
import { workerOperator } from './definition.js'

export interface RemoveBackgroundOptions {
  readonly surface: SurfaceModel
  /**
   * Color of the background: red, green, blue, 0 to 255. Default: the mean of ImageNet, which becomes zero in the
   * normalization of a network and, unlike black and white, is rare in hair, boots and shirts.
   */
  readonly replacementColor: Rgb
}

const replacementColor: Rgb = [124, 116, 104]

/**
 * Replaces the background of a crop by one color and sets its `mask`. Without a playing surface whose
 * colors separate it from people, backgrounds are kept and the mask is 255 everywhere.
 */
export const removeBackground = workerOperator({
  name: 'remove-background',
  module: import.meta.url,
  settings: {
    backgroundRemoval: toggle({ default: true, help: 'keep the background' }),
    replacementColor: color({ default: replacementColor, help: 'color that replaces the background' }),
  },
  options: ({ backgroundRemoval, replacementColor }, { surface }) =>
    backgroundRemoval ? { surface, replacementColor } : undefined,
  defaults: { replacementColor },
  validate({ replacementColor: rgb }: RemoveBackgroundOptions) {
    if (rgb.length !== 3 || !rgb.every(v => Number.isInteger(v) && v >= 0 && v <= 255)) {
      throw new UsageError(expected('three whole numbers from 0 to 255', 'replacementColor', rgb))
    }
  },
  step: ({ surface, replacementColor }: RemoveBackgroundOptions) => {
    return (crop: Crop) => {
      if (!surface.separatesPeople)
        return [{ ...crop, mask: new Uint8Array(crop.width * crop.height).fill(255) }]
      const mask = segmentPlayer(crop, surface)
      // The crop owns its pixels.
      paintOutside(crop, mask, replacementColor)
      return [{ ...crop, mask }]
    }
  },
})
