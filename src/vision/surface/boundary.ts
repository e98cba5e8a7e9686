import type { Pixels } from '../../types.js'
import type { Colors } from './colors.js'
import { priorPixels } from './normalized-convolution.js'
import { sumAreas, sumSquare } from './summed-areas.js'
import type { WorkMemory } from './work-memory.js'

/**
 * A boundary pixel mixes the colors of the player (share α) and the surface (1 - α). It belongs to the player from this
 * α on; above one half, since blurred chroma raises the apparent α.
 */
const minAlpha = 0.55
/** Euclidean distance of the two colors, in 8-bit levels, below which α cannot be estimated. */
const minContrast = 20
/** Number of player pixels in the 3 × 3 around a pixel from which on it is a core pixel: it shows the player's color. */
const coreNeighbors = 7
/** Radii, in pixels, over which the core's color is averaged; the far mean is the prior of the near one. */
const near = 2
const far = 4
/** Core pixels that the near radius must contain. */
const minCore = 2

/**
 * Moves the boundary of a mask to where the estimated α passes `minAlpha`. α is the projection of the pixel's color on
 * the line from the local surface color to the local player color, as in alpha matting.
 * @param mask 255 for the player, else 0; changed in place.
 */
export function refineBoundary(mask: Uint8Array, crop: Pixels, background: Colors, memory: WorkMemory): void {
  const { width, height, rgb } = crop
  const { data: surface } = background
  const around = countAround(mask, width, height, memory)
  const core = memory.bytes(mask.length)
  for (let i = 0; i < core.length; i++) core[i] = mask[i] !== 0 && around[i]! >= coreNeighbors ? 1 : 0
  const areas = sumAreas(crop, core, memory)
  const sums = new Float64Array(4)
  const farSums = new Float64Array(4)
  sumSquare(sums, areas, width, height, 0, 0, Math.max(width, height))
  const all = Float32Array.from(sums.subarray(0, 3), sum => sum / sums[3]!)
  const player = new Float32Array(3)
  for (let v = 0, i = 0; v < height; v++) {
    for (let u = 0; u < width; u++, i++) {
      if (around[i] === 0 || around[i] === 9) continue
      player[0] = all[0]!
      player[1] = all[1]!
      player[2] = all[2]!
      sumSquare(sums, areas, width, height, u, v, near)
      if (sums[3]! < minCore) continue
      sumSquare(farSums, areas, width, height, u, v, far)
      updateMean(player, farSums)
      updateMean(player, sums)
      const p = i * 3
      const r = rgb[p]!
      const g = rgb[p + 1]!
      const b = rgb[p + 2]!
      const y = player[0]! - surface[p]!
      const co = player[1]! - surface[p + 1]!
      const cg = player[2]! - surface[p + 2]!
      const contrast2 = y * y + co * co + cg * cg
      if (contrast2 < minContrast * minContrast) continue
      const projection =
        y * ((r + 2 * g + b) / 4 - surface[p]!) +
        co * (r - b - surface[p + 1]!) +
        cg * (g - (r + b) / 2 - surface[p + 2]!)
      mask[i] = projection >= minAlpha * contrast2 ? 255 : 0
    }
  }
}

/** The update of `normalizedConvolution`, for one pixel. */
function updateMean(color: Float32Array, sums: Float64Array): void {
  const share = Math.fround(1 / (sums[3]! + priorPixels))
  color[0] = (sums[0]! + priorPixels * color[0]!) * share
  color[1] = (sums[1]! + priorPixels * color[1]!) * share
  color[2] = (sums[2]! + priorPixels * color[2]!) * share
}

/** For each pixel the number of player pixels in the 3 × 3 around it. */
function countAround(mask: Uint8Array, width: number, height: number, memory: WorkMemory): Uint8Array {
  const counts = memory.bytes(mask.length)
  for (let y = 0, i = 0; y < height; y++) {
    const top = Math.max(0, y - 1) * width
    const bottom = Math.min(height, y + 2) * width
    // Counts of the column to the left of the pixel, its own and the one to the right.
    let before = 0
    let at = 0
    for (let p = top; p < bottom; p += width) at += mask[p]! & 1
    for (let x = 1; x <= width; x++, i++) {
      let after = 0
      if (x < width) for (let p = top + x; p < bottom; p += width) after += mask[p]! & 1
      counts[i] = before + at + after
      before = at
      at = after
    }
  }
  return counts
}
