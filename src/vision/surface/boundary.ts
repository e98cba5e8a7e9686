import type { Pixels } from '../../types.js'
import { kernels } from '../kernels/kernels.js'
import type { WorkMemory } from '../kernels/work-memory.js'
import type { Colors } from './colors.js'
import { priorPixels } from './normalized-convolution.js'

/**
 * A boundary pixel mixes the colors of the player (share α) and the surface (1 - α). It belongs to the player from this
 * α on.
 */
const minAlpha = 0.5
/** Each moves the boundary by a pixel at most; blur and chroma of half the resolution make a mask up to three too wide. */
const passes = 3
/** Euclidean distance of the two colors, in 8-bit levels, below which α cannot be estimated. */
const minContrast = 12
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
 * @param mask 255 for the player, else 0; changed in place. It and the rest are in work memory.
 */
export function refineBoundary(mask: Uint8Array, crop: Pixels, background: Colors, memory: WorkMemory): void {
  const { width, height } = crop
  const [pixels, rgb] = [mask.byteOffset, crop.rgb.byteOffset]
  const counts = memory.bytes(width * height).byteOffset
  const line = memory.bytes(width + 32).byteOffset
  const table = memory.ints((width + 1) * (height + 1) * 4).byteOffset
  for (let pass = 0; pass < passes; pass++) {
    kernels.countAround(pixels, width, height, line, counts)
    kernels.sumCore(rgb, pixels, counts, coreNeighbors, width, height, table)
    kernels.refineBoundary(
      pixels,
      rgb,
      background.data.byteOffset,
      counts,
      table,
      width,
      height,
      near,
      far,
      priorPixels,
      minCore,
      minContrast * minContrast,
      minAlpha,
    )
  }
}
