import type { Pixels } from '../../types.js'
import { refineBoundary } from './boundary.js'
import { smoothed } from './colors.js'
import { findJoints } from './limb-joining.js'
import { eraseLines } from './lines.js'
import { findGround, markDepartures } from './local-background.js'
import { cellOf } from './modes.js'
import { fillHoles, findRegions, type Regions } from './regions.js'
import { eraseStands } from './stand-removal.js'
import { type SurfaceModel, surfaceThreshold } from './surface-model.js'
import type { Scratch } from './work-memory.js'

/** So sure must the model be for a pixel to tell what the ground around the player looks like. */
const sureGrass = 150

/**
 * Tells the player of a crop from the pitch.
 *
 * A pixel may be grass if the model of the whole video says so and it departs little from the grass beside the
 * player. Of what is not, lines and stands go; of the rest, the region in the middle is the player, with what it
 * encloses and the pieces of leg below it, joined across shorts and socks that are as green as the pitch. At last
 * the boundary moves to where the colors of both sides mix evenly.
 * @param crop one player, upright, in a box that fits.
 * @param model one that was found.
 * @param scratch reset here.
 * @returns 255 where the player is, else 0, `width * height` bytes.
 */
export function segmentPlayer(crop: Pixels, model: SurfaceModel, scratch: Scratch): Uint8Array<ArrayBuffer> {
  const { width, height, rgb } = crop
  const { likelihood } = model
  const size = width * height
  scratch.reset()
  const mask = new Uint8Array(size)
  const grass = scratch.bytes(size)
  for (let i = 0, p = 0; i < size; i++, p += 3) {
    const likely = likelihood[cellOf(rgb[p]!, rgb[p + 1]!, rgb[p + 2]!)]!
    grass[i] = likely >= sureGrass ? 1 : 0
    mask[i] = likely < surfaceThreshold ? 255 : 0
  }
  const colors = smoothed(crop, scratch)
  const ground = findGround(colors, grass, scratch)
  markDepartures(mask, colors, ground)

  eraseStands(mask, colors)
  eraseLines(mask, colors, ground)
  fillHoles(mask, width, height, scratch)
  const regions = findRegions(mask, width, height, scratch)
  const { labels } = regions
  const body = mostCentral(regions, width, height)
  if (body === 0) return mask
  const { joints, joined } = findJoints(regions, body, width, height)
  for (let i = 0; i < size; i++) mask[i] = joined[labels[i]!] === 1 ? 255 : 0
  refineBoundary(mask, crop, ground, scratch)
  for (let i = 0; i < size; i++) if (joints[i] !== 0) mask[i] = 255
  return mask
}

/** Label of the region with most of its pixels around the chest; 0 when there is none. */
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
