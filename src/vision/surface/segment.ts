import type { Pixels } from '../../types.js'
import { refineBoundary } from './boundary.js'
import { smooth } from './colors.js'
import { joinLimbs } from './limb-joining.js'
import { removeLines } from './lines.js'
import { fitLocalBackground, markOutliers } from './local-background.js'
import { cellOf } from './modes.js'
import { fillHoles, findRegions, type Regions } from './regions.js'
import { removeStands } from './stand-removal.js'
import { type SurfaceModel, surfaceThreshold } from './surface-model.js'
import type { WorkMemory } from './work-memory.js'

/** Likelihood from which on a pixel is certainly surface and is used to fit the local background. */
const certainSurface = 150

/**
 * Segments the player of a crop from the playing surface.
 *
 * A pixel is surface if the model of the whole video and the local background around the player agree. Lines and stands
 * are removed from the other pixels. Of the rest, the most central region is the player, with its holes filled and with
 * the pieces of leg below it, joined across shorts and socks that have the color of the surface. Finally the boundary is
 * moved to where the colors of both sides mix evenly.
 * @param crop one upright player in a tight box.
 * @param model with `separatesPeople` true.
 * @param memory is reset by this function.
 * @returns 255 where the player is, else 0, `width * height` bytes.
 */
export function segmentPlayer(
  crop: Pixels,
  model: SurfaceModel,
  memory: WorkMemory,
): Uint8Array<ArrayBuffer> {
  const { width, height, rgb } = crop
  const { likelihood } = model
  const size = width * height
  memory.reset()
  const mask = new Uint8Array(size)
  const isSurface = memory.bytes(size)
  for (let i = 0, p = 0; i < size; i++, p += 3) {
    const value = likelihood[cellOf(rgb[p]!, rgb[p + 1]!, rgb[p + 2]!)]!
    isSurface[i] = value >= certainSurface ? 1 : 0
    mask[i] = value < surfaceThreshold ? 255 : 0
  }
  const colors = smooth(crop, memory)
  const background = fitLocalBackground(colors, isSurface, memory)
  markOutliers(mask, colors, background)

  removeStands(mask, colors)
  removeLines(mask, colors, background)
  fillHoles(mask, width, height, memory)
  const regions = findRegions(mask, width, height, memory)
  const { labels } = regions
  const body = mostCentral(regions, width, height)
  if (body === 0) return mask
  const { filled, joined } = joinLimbs(regions, body, width, height)
  for (let i = 0; i < size; i++) mask[i] = joined[labels[i]!] === 1 ? 255 : 0
  refineBoundary(mask, crop, background, memory)
  for (let i = 0; i < size; i++) if (filled[i] !== 0) mask[i] = 255
  return mask
}

/** Label of the region with the most pixels around the chest, weighted by a Gaussian; 0 when there is none. */
function mostCentral({ labels, regions }: Regions, width: number, height: number): number {
  const scores = new Float64Array(regions.length)
  const across = Float64Array.from({ length: width }, (_, x) =>
    Math.exp(-0.5 * ((x / width - 0.5) / 0.2) ** 2),
  )
  for (let y = 0, i = 0; y < height; y++) {
    const down = Math.exp(-0.5 * ((y / height - 0.45) / 0.3) ** 2)
    for (let x = 0; x < width; x++, i++) {
      if (labels[i] !== 0) scores[labels[i]!]! += down * across[x]!
    }
  }
  let best = 0
  for (let label = 1; label < scores.length; label++) if (scores[label]! > scores[best]!) best = label
  return best
}
