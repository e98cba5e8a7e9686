import { kernels } from '../kernels/kernels.js'
import type { WorkMemory } from '../kernels/work-memory.js'
import type { Colors } from './colors.js'
import { normalizedConvolution } from './normalized-convolution.js'

/** Least standard deviation, in 8-bit levels; the estimate is too small in dark areas. */
const noiseFloor = 3
/** Least and greatest brightness of a surface pixel relative to the local background: in shadow and in glare. */
const shade = [0.5, 1.1] as const
/** Mahalanobis distance from the local background above which a pixel is not surface. */
const maxDistance = 3

/**
 * Estimates the color of the surface around one player at every pixel of a crop, also where the player hides it, from its
 * surface pixels nearby.
 * @param isSurface 1 where a pixel is certainly surface, else 0.
 */
export function fitLocalBackground(colors: Colors, isSurface: Uint8Array, memory: WorkMemory): Colors {
  const near = Math.max(5, Math.round(colors.width / 6))
  return normalizedConvolution(colors, isSurface, { near, far: 3 * near }, memory)
}

/**
 * Sets the mask to 255 where a pixel is too far from the local background under the brightness that fits best; color
 * and noise, which is that of the certain surface, both scale with the brightness.
 */
export function markOutliers(
  mask: Uint8Array,
  colors: Colors,
  background: Colors,
  isSurface: Uint8Array,
): void {
  kernels.markOutliers(
    mask.byteOffset,
    colors.data.byteOffset,
    background.data.byteOffset,
    isSurface.byteOffset,
    colors.width,
    colors.height,
    ...shade,
    noiseFloor,
    maxDistance * maxDistance,
  )
}
