import type { Colors } from './colors.js'
import { normalizedConvolution } from './normalized-convolution.js'
import type { WorkMemory } from './work-memory.js'

/** The surface around one player: its color at every pixel, also where the player hides it, and its noise. */
export interface LocalBackground extends Colors {
  /** Standard deviations of luma and of Co and Cg, in 8-bit levels. */
  readonly lumaNoise: number
  readonly tintNoise: number
}

/** Least standard deviation, in 8-bit levels; the estimate is too small in dark areas. */
const noiseFloor = 3
/** Least and greatest brightness of a surface pixel relative to the local background: in shadow and in glare. */
const shade = [0.5, 1.1] as const
/** Mahalanobis distance from the local background above which a pixel is not surface. */
const maxDistance = 3

/**
 * Estimates the color of the surface at every pixel of a crop from its surface pixels nearby.
 * @param colors of the crop, smoothed like those that `markOutliers` takes.
 * @param isSurface 1 where a pixel is certainly surface, else 0.
 */
export function fitLocalBackground(
  colors: Colors,
  isSurface: Uint8Array,
  memory: WorkMemory,
): LocalBackground {
  const near = Math.max(5, Math.round(colors.width / 6))
  const mean = normalizedConvolution(colors, isSurface, { near, far: 3 * near }, memory)
  const { data } = colors
  const { data: local } = mean
  let n = 1
  let luma = 0
  let tint = 0
  for (let i = 0, p = 0; i < isSurface.length; i++, p += 3) {
    if (isSurface[i] === 0) continue
    const y = data[p]! - local[p]!
    const co = data[p + 1]! - local[p + 1]!
    const cg = data[p + 2]! - local[p + 2]!
    n++
    luma += y * y
    tint += (co * co + cg * cg) / 2
  }
  return { ...mean, lumaNoise: Math.sqrt(luma / n), tintNoise: Math.sqrt(tint / n) }
}

/**
 * Sets the mask to 255 where a pixel is too far from the local background under the brightness that fits best; color
 * and noise both scale with the brightness.
 */
export function markOutliers(mask: Uint8Array, colors: Colors, background: LocalBackground): void {
  const { data } = colors
  const { data: local, lumaNoise, tintNoise } = background
  for (let i = 0, p = 0; i < mask.length; i++, p += 3) {
    if (mask[i] !== 0) continue
    const luma = data[p]!
    const localLuma = local[p]!
    const light = Math.min(shade[1], Math.max(shade[0], luma / Math.max(1, localLuma)))
    const tintScale = Math.max(noiseFloor, tintNoise * light)
    const y = (luma - light * localLuma) / Math.max(noiseFloor, lumaNoise * light)
    const co = (data[p + 1]! - light * local[p + 1]!) / tintScale
    const cg = (data[p + 2]! - light * local[p + 2]!) / tintScale
    if (y * y + co * co + cg * cg > maxDistance * maxDistance) mask[i] = 255
  }
}
