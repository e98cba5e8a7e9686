import { boxSum, type Planes } from './planes.js'

/** The grass around one player: its colour at every pixel, also where the player hides it, and how much it scatters. */
export interface Ground extends Planes {
  /** Standard deviations of luma and of colour difference, 8-bit levels. */
  readonly lumaNoise: number
  readonly tintNoise: number
}

/** Any pixel scatters this much in dark places too, 8-bit levels. */
const noiseFloor = 3
/** How much darker in a shadow and lighter than the ground beside it grass may be. */
const shade = [0.5, 1.1] as const

/**
 * @param planes of the crop, smoothed as those that `departure` will be asked about.
 * @param grass 1 where a pixel surely is grass.
 */
export function findGround(planes: Planes, grass: Uint8Array): Ground {
  const near = Math.max(5, Math.round(planes.width / 6))
  const mean = nearbyMean(planes, grass, [near, 3 * near])
  let [n, luma, tint] = [1, 0, 0]
  for (let i = 0; i < grass.length; i++) {
    if (grass[i] === 0) continue
    n++
    luma += (planes.y[i]! - mean.y[i]!) ** 2
    tint += ((planes.co[i]! - mean.co[i]!) ** 2 + (planes.cg[i]! - mean.cg[i]!) ** 2) / 2
  }
  return { ...mean, lumaNoise: Math.sqrt(luma / n), tintNoise: Math.sqrt(tint / n) }
}

/** Deviations by which a pixel departs from the ground under the light that fits best; both scatter with the light. */
export function departure(planes: Planes, ground: Ground, i: number): number {
  const light = Math.min(shade[1], Math.max(shade[0], planes.y[i]! / Math.max(1, ground.y[i]!)))
  const luma = Math.max(noiseFloor, ground.lumaNoise * light)
  const tint = Math.max(noiseFloor, ground.tintNoise * light)
  const y = (planes.y[i]! - light * ground.y[i]!) / luma
  const co = (planes.co[i]! - light * ground.co[i]!) / tint
  const cg = (planes.cg[i]! - light * ground.cg[i]!) / tint
  return Math.sqrt(y * y + co * co + cg * cg) // Math.hypot takes ten times as long
}

/**
 * The mean of nearby pixels, where those of weight 1 count (normalised convolution, Knutsson and Westin 1993):
 * where few are within the first radius it leans on the next, and at last on the mean of all.
 */
export function nearbyMean(planes: Planes, weight: Uint8Array, radii: readonly number[]): Planes {
  const { width, height } = planes
  const size = width * height
  const shares = radii.map(radius => {
    const counts = boxSum(weight, width, height, radius)
    for (let i = 0; i < size; i++) counts[i] = 1 / (counts[i]! + priorPixels)
    return counts
  })
  let total = 0
  for (let i = 0; i < size; i++) total += weight[i]!
  const weighted = new Float32Array(size)
  const meanOf = (plane: Float32Array) => {
    let all = 0
    for (let i = 0; i < size; i++) {
      weighted[i] = weight[i]! * plane[i]!
      all += weighted[i]!
    }
    const out = new Float32Array(size).fill(total === 0 ? 0 : all / total)
    for (let scale = radii.length - 1; scale >= 0; scale--) {
      const sums = boxSum(weighted, width, height, radii[scale]!)
      const share = shares[scale]!
      for (let i = 0; i < size; i++) out[i] = (sums[i]! + priorPixels * out[i]!) * share[i]!
    }
    return out
  }
  return { width, height, y: meanOf(planes.y), co: meanOf(planes.co), cg: meanOf(planes.cg) }
}

/** As many near pixels weigh as much as the mean of the farther ones. */
const priorPixels = 4
