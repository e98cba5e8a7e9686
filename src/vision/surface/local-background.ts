import type { Colors } from './colors.js'
import { nearbyMean } from './normalized-convolution.js'
import type { Scratch } from './work-memory.js'

/** The grass around one player: its color at every pixel, also where the player hides it, and how much it scatters. */
export interface Ground extends Colors {
  /** Standard deviations of luma and of color difference, 8-bit levels. */
  readonly lumaNoise: number
  readonly tintNoise: number
}

/** Any pixel scatters this much in dark places too, 8-bit levels. */
const noiseFloor = 3
/** How much darker in a shadow and lighter than the ground beside it grass may be. */
const shade = [0.5, 1.1] as const
/** Deviations from the ground nearby beyond which a pixel is not grass. */
const maxDeparture = 3

/**
 * @param colors of the crop, smoothed as those that `markDepartures` will be given.
 * @param grass 1 where a pixel surely is grass, else 0.
 */
export function findGround(colors: Colors, grass: Uint8Array, scratch: Scratch): Ground {
  const near = Math.max(5, Math.round(colors.width / 6))
  const mean = nearbyMean(colors, grass, { near, far: 3 * near }, scratch)
  const { data } = colors
  const { data: under } = mean
  let n = 1
  let luma = 0
  let tint = 0
  for (let i = 0, p = 0; i < grass.length; i++, p += 3) {
    if (grass[i] === 0) continue
    const y = data[p]! - under[p]!
    const co = data[p + 1]! - under[p + 1]!
    const cg = data[p + 2]! - under[p + 2]!
    n++
    luma += y * y
    tint += (co * co + cg * cg) / 2
  }
  return { ...mean, lumaNoise: Math.sqrt(luma / n), tintNoise: Math.sqrt(tint / n) }
}

/**
 * Sets the mask where a pixel departs too far from the ground under the light that fits best; ground and noise
 * both scale with the light.
 */
export function markDepartures(mask: Uint8Array, colors: Colors, ground: Ground): void {
  const { data } = colors
  const { data: under, lumaNoise, tintNoise } = ground
  for (let i = 0, p = 0; i < mask.length; i++, p += 3) {
    if (mask[i] !== 0) continue
    const luma = data[p]!
    const groundLuma = under[p]!
    const light = Math.min(shade[1], Math.max(shade[0], luma / Math.max(1, groundLuma)))
    const tintScale = Math.max(noiseFloor, tintNoise * light)
    const y = (luma - light * groundLuma) / Math.max(noiseFloor, lumaNoise * light)
    const co = (data[p + 1]! - light * under[p + 1]!) / tintScale
    const cg = (data[p + 2]! - light * under[p + 2]!) / tintScale
    if (y * y + co * co + cg * cg > maxDeparture * maxDeparture) mask[i] = 255
  }
}
