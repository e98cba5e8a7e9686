import type { Pixels } from '../../types.js'
import { kernels } from '../kernels/kernels.js'
import type { WorkMemory } from '../kernels/work-memory.js'

/**
 * A picture in YCoCg (Malvar and Sullivan 2003): luma, Co and Cg in 8-bit levels and a 1, interleaved, row-major, in work
 * memory.
 */
export interface Colors {
  readonly width: number
  readonly height: number
  readonly data: Float32Array
}

/** Numbers of one pixel of `Colors`. */
export const perPixel = 4

/** Converts to YCoCg and applies a 3 × 3 mean filter, cut at the edges. @param crop in work memory. */
export function smooth({ width, height, rgb }: Pixels, memory: WorkMemory): Colors {
  const data = memory.floats(perPixel * width * height)
  const line = memory.shorts(3 * width + 32)
  kernels.smooth(rgb.byteOffset, width, height, line.byteOffset, data.byteOffset)
  return { width, height, data }
}
