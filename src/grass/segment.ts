import type { Pixels } from '../types.js'
import { refineBoundary } from './boundary.js'
import { departure, findGround } from './ground.js'
import { findJoints } from './joints.js'
import { eraseLines } from './lines.js'
import { type GrassModel, grassThreshold } from './model.js'
import { cellOf } from './modes.js'
import { smoothed, toPlanes } from './planes.js'
import { fillHoles, findRegions, type Regions } from './regions.js'
import { eraseStands } from './stands.js'

/** So sure must the model be for a pixel to tell what the ground around the player looks like. */
const sureGrass = 150
/** Deviations from the ground nearby beyond which a pixel is not grass. */
const maxDeparture = 3

/**
 * Tells the player of a crop from the pitch.
 *
 * A pixel may be grass if the model of the whole video says so and it departs little from the grass beside the
 * player. Of what is not, lines and stands go; of the rest, the region in the middle is the player, with what it
 * encloses and the pieces of leg below it, joined across shorts and socks that are as green as the pitch. At last
 * the boundary moves to where the colours of both sides mix evenly.
 * @param crop one player, upright, in a box that fits.
 * @param model one that was found.
 * @returns 255 where the player is, else 0, `width * height` bytes.
 */
export function segmentPlayer(crop: Pixels, model: GrassModel): Uint8Array<ArrayBuffer> {
  const { width, height, rgb } = crop
  const size = width * height
  const grass = new Uint8Array(size)
  const mask = new Uint8Array(size)
  for (let i = 0, p = 0; i < size; i++, p += 3) {
    const likelihood = model.likelihood[cellOf(rgb[p]!, rgb[p + 1]!, rgb[p + 2]!)]!
    if (likelihood >= sureGrass) grass[i] = 1
    if (likelihood < grassThreshold) mask[i] = 255
  }
  const planes = toPlanes(crop)
  const smooth = smoothed(planes)
  const ground = findGround(smooth, grass)
  for (let i = 0; i < size; i++) if (departure(smooth, ground, i) > maxDeparture) mask[i] = 255

  eraseStands(mask, smooth)
  eraseLines(mask, smooth, ground)
  fillHoles(mask, width, height)
  const regions = findRegions(mask, width, height)
  const body = mostCentral(regions, width, height)
  if (body === 0) return mask
  const { joints, joined } = findJoints(regions, body, width, height)
  for (let i = 0; i < size; i++) mask[i] = joined.has(regions.labels[i]!) ? 255 : 0
  refineBoundary(mask, planes, ground)
  for (let i = 0; i < size; i++) if (joints[i] !== 0) mask[i] = 255
  return mask
}

/** Label of the region with most of its pixels around the chest; 0 when there is none. */
function mostCentral({ labels, regions }: Regions, width: number, height: number): number {
  const scores = new Float64Array(regions.length)
  for (let y = 0, i = 0; y < height; y++) {
    const down = Math.exp(-0.5 * ((y / height - 0.45) / 0.3) ** 2)
    for (let x = 0; x < width; x++, i++) {
      if (labels[i] !== 0) scores[labels[i]!]! += down * Math.exp(-0.5 * ((x / width - 0.5) / 0.2) ** 2)
    }
  }
  let best = 0
  for (let label = 1; label < scores.length; label++) if (scores[label]! > scores[best]!) best = label
  return best
}
