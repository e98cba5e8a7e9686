import type { Pixels } from '../../types.js'
import type { Colors } from './colors.js'
import { priorPixels } from './normalized-convolution.js'
import { sumAreas, sumSquare } from './summed-areas.js'
import type { Scratch } from './work-memory.js'

/**
 * A pixel of the boundary is a mixture of player and grass, α of the one and 1 - α of the other. From here on it is the
 * player's; above one half, since blurred chroma makes the mixture look more like the player than it is.
 */
const playerShare = 0.55
/** Colors of player and grass nearer than this, in 8-bit levels, say nothing about the mixture. */
const minContrast = 20
/** Of the 3 × 3 around a pixel, so many must be the player's for it to show the player's own color. */
const coreNeighbours = 7
/** Such pixels show the player's color within the near radius, leaning on those within the far one. */
const near = 2
const far = 4
/** Fewer than this within the near radius are too few to tell. */
const minCore = 2

/**
 * Moves the boundary of a mask to where the mixture of the two sides' nearby colors tips over; the mixture is
 * the projection of the pixel on the line from the one color to the other, as in alpha matting.
 */
export function refineBoundary(mask: Uint8Array, crop: Pixels, ground: Colors, scratch: Scratch): void {
  const { width, height, rgb } = crop
  const { data: grass } = ground
  const around = countAround(mask, width, height, scratch)
  const core = scratch.bytes(mask.length)
  for (let i = 0; i < core.length; i++) core[i] = mask[i] !== 0 && around[i]! >= coreNeighbours ? 1 : 0
  const areas = sumAreas(crop, core, scratch)
  const sums = new Float64Array(4)
  const farther = new Float64Array(4)
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
      sumSquare(farther, areas, width, height, u, v, far)
      leanOn(player, farther)
      leanOn(player, sums)
      const p = i * 3
      const r = rgb[p]!
      const g = rgb[p + 1]!
      const b = rgb[p + 2]!
      const y = player[0]! - grass[p]!
      const co = player[1]! - grass[p + 1]!
      const cg = player[2]! - grass[p + 2]!
      const contrast2 = y * y + co * co + cg * cg
      if (contrast2 < minContrast * minContrast) continue
      const projection =
        y * ((r + 2 * g + b) / 4 - grass[p]!) +
        co * (r - b - grass[p + 1]!) +
        cg * (g - (r + b) / 2 - grass[p + 2]!)
      mask[i] = projection >= playerShare * contrast2 ? 255 : 0
    }
  }
}

/** As `nearbyMean` does for all pixels, for one of them. */
function leanOn(color: Float32Array, sums: Float64Array): void {
  const share = Math.fround(1 / (sums[3]! + priorPixels))
  color[0] = (sums[0]! + priorPixels * color[0]!) * share
  color[1] = (sums[1]! + priorPixels * color[1]!) * share
  color[2] = (sums[2]! + priorPixels * color[2]!) * share
}

/** How many of the 3 × 3 around each pixel are the player's. */
function countAround(mask: Uint8Array, width: number, height: number, scratch: Scratch): Uint8Array {
  const counts = scratch.bytes(mask.length)
  for (let y = 0, i = 0; y < height; y++) {
    const top = Math.max(0, y - 1) * width
    const bottom = Math.min(height, y + 2) * width
    // Counts down the columns before, at and after a pixel.
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
