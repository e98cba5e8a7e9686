import { expected, UsageError } from '../common/errors.js'
import type { MakeStep, Operator } from '../runtime/operator.js'
import type { Crop } from '../types.js'
import { segmentPlayer } from '../vision/surface/segment.js'
import { type SurfaceModel, surfaceDefaults } from '../vision/surface/surface-model.js'
import { WorkMemory } from '../vision/surface/work-memory.js'

export interface RemoveBackgroundOptions {
  readonly grass: SurfaceModel
  /** Red, green, blue, 0 to 255, of what takes the place of the background. */
  readonly replacementColor: readonly [number, number, number]
}

/**
 * Paints everything but the player in one color and sets the crop's `mask`. When no pitch was found nothing is
 * removed: the mask is 255 all over.
 */
export const removeBackground = (
  grass: SurfaceModel,
  {
    replacementColor = surfaceDefaults.replacementColor,
  }: Partial<Omit<RemoveBackgroundOptions, 'grass'>> = {},
): Operator<Crop, Crop, RemoveBackgroundOptions> => {
  if (
    replacementColor.length !== 3 ||
    !replacementColor.every(v => Number.isInteger(v) && v >= 0 && v <= 255)
  ) {
    throw new UsageError(expected('three whole numbers from 0 to 255', 'replacementColor', replacementColor))
  }
  return { name: 'remove-background', module: import.meta.url, options: { grass, replacementColor } }
}

export const step: MakeStep<Crop, Crop, RemoveBackgroundOptions> = ({ grass, replacementColor }) => {
  const scratch = new WorkMemory()
  const [red, green, blue] = replacementColor
  return crop => {
    if (!grass.found) return [{ ...crop, mask: new Uint8Array(crop.width * crop.height).fill(255) }]
    const mask = segmentPlayer(crop, grass, scratch)
    // In place: the crop owns its pixels.
    for (let i = 0, p = 0; i < mask.length; i++, p += 3) {
      if (mask[i] !== 0) continue
      crop.rgb[p] = red
      crop.rgb[p + 1] = green
      crop.rgb[p + 2] = blue
    }
    return [{ ...crop, mask }]
  }
}
