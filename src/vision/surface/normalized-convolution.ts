import { kernels } from '../kernels/kernels.js'
import type { WorkMemory } from '../kernels/work-memory.js'
import { type Colors, perPixel } from './colors.js'

/** Weight of the prior, the mean over the larger radius, as a number of pixels. */
export const priorPixels = 4

/**
 * For each pixel the mean of the nearby pixels with weight 1 (normalized convolution, Knutsson and Westin 1993). Where
 * few of them are within the near radius, the mean of the far radius dominates, and finally that of the whole picture.
 * @param weight 0 or 1 for each pixel.
 */
export function normalizedConvolution(
  { width, height, data }: Colors,
  weight: Uint8Array,
  { near, far }: { readonly near: number; readonly far: number },
  memory: WorkMemory,
): Colors {
  const stride = perPixel * width
  const mean = memory.floats(stride * height)
  kernels.normalizedConvolution(
    data.byteOffset,
    weight.byteOffset,
    width,
    height,
    near,
    far,
    priorPixels,
    memory.floats(stride * height).byteOffset,
    memory.floats(stride * (height + 1)).byteOffset,
    memory.floats(stride).byteOffset,
    mean.byteOffset,
  )
  return { width, height, data: mean }
}
