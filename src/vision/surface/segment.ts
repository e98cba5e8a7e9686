import type { Pixels } from '../../types.js'
import { kernels } from '../kernels/kernels.js'
import { workMemory } from '../kernels/work-memory.js'
import { refineBoundary } from './boundary.js'
import { smooth } from './colors.js'
import { joinLimbs } from './limb-joining.js'
import { removeLines } from './lines.js'
import { fitLocalBackground, markOutliers } from './local-background.js'
import { fillHoles, findRegions, type Regions } from './regions.js'
import { removeStands } from './stand-removal.js'
import { type SurfaceModel, surfaceThreshold } from './surface-model.js'

/** Likelihood from which on a pixel is certainly surface and is used to fit the local background. */
const certainSurface = 150
/** Bytes of work memory for each pixel: four pictures of four floats, the sums of the core, and smaller arrays. */
const bytesPerPixel = 128

/**
 * Segments the player of a crop from the playing surface.
 *
 * A pixel is surface if the model of the whole video and the local background around the player agree. Lines and stands
 * are removed from the other pixels. Of the rest, the most central region is the player, with its holes filled and with
 * the pieces of leg below it, joined across shorts and socks that have the color of the surface. Finally the boundary is
 * moved to where the colors of both sides mix evenly.
 * @param crop one upright player in a tight box.
 * @param model with `separatesPeople` true.
 * @returns 255 where the player is, else 0, `width * height` bytes.
 */
export function segmentPlayer(crop: Pixels, model: SurfaceModel): Uint8Array<ArrayBuffer> {
  const { width, height } = crop
  const size = width * height
  workMemory.reset(bytesPerPixel * (width + 1) * (height + 1))
  const rgb = workMemory.copyOf(crop.rgb)
  const mask = workMemory.bytes(size)
  const isSurface = workMemory.bytes(size)
  useLikelihoods(model)
  const { byteOffset } = mask
  kernels.classify(rgb.byteOffset, size, surfaceThreshold, certainSurface, byteOffset, isSurface.byteOffset)
  const colors = smooth({ width, height, rgb }, workMemory)
  const background = fitLocalBackground(colors, isSurface, workMemory)
  markOutliers(mask, colors, background, isSurface)

  removeStands(mask, colors)
  removeLines(mask, colors, background, workMemory)
  fillHoles(mask, isSurface, width, height, workMemory)
  const regions = findRegions(mask, width, height, workMemory)
  const body = mostCentral(regions)
  if (body === 0) return mask.slice()
  const { filled, joined } = joinLimbs(regions, body, workMemory)
  const { count, start, end, labels } = regions
  for (let run = 0; run < count; run++) if (joined[labels[run]!] === 0) mask.fill(0, start[run], end[run])
  refineBoundary(mask, { width, height, rgb }, background, workMemory)
  const result = mask.slice()
  for (let i = 0; i < size; i++) if (filled[i] !== 0) result[i] = 255
  return result
}

/** The table in the memory of the kernels. */
let used: SurfaceModel['likelihood'] | undefined

function useLikelihoods({ likelihood }: SurfaceModel): void {
  if (likelihood === used) return
  new Uint8Array(kernels.memory.buffer).set(likelihood, kernels.likelihoodTable())
  used = likelihood
}

/** Label of the region with the most pixels around the chest, weighted by a Gaussian; 0 when there is none. */
function mostCentral({ width, height, rows, start, end, labels, regions }: Regions): number {
  const scores = new Float64Array(regions.length)
  // Sums of the weights to the left of each column.
  const left = new Float64Array(width + 1)
  for (let x = 0; x < width; x++) left[x + 1] = left[x]! + Math.exp(-0.5 * ((x / width - 0.5) / 0.2) ** 2)
  for (let y = 0; y < height; y++) {
    const down = Math.exp(-0.5 * ((y / height - 0.45) / 0.3) ** 2)
    for (let run = rows[y]!; run < rows[y + 1]!; run++) {
      const [from, to] = [start[run]! - y * width, end[run]! - y * width]
      scores[labels[run]!]! += down * (left[to]! - left[from]!)
    }
  }
  let best = 0
  for (let label = 1; label < scores.length; label++) if (scores[label]! > scores[best]!) best = label
  return best
}
