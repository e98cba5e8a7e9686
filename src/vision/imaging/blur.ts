import { kernels } from '../kernels/kernels.js'
import { workMemory } from '../kernels/work-memory.js'

/**
 * Separable Gaussian blur with replicated edges, in place.
 * @param rgb `width * height * 3` bytes.
 * @param sigma in pixels.
 */
export function blur(rgb: Uint8Array<ArrayBuffer>, width: number, height: number, sigma: number): void {
  const radius = Math.ceil(2 * sigma)
  const taps = 2 * radius + 1
  workMemory.reset(2 * rgb.length + 4 * (3 * (width + taps) + taps) + 256)
  const pixels = workMemory.copyOf(rgb)
  const kernel = workMemory.floats(taps)
  kernel.set(gaussian(radius, sigma))
  const copy = workMemory.bytes(rgb.length).byteOffset
  const line = workMemory.floats(3 * (width + taps) + 32).byteOffset
  kernels.blur(pixels.byteOffset, width, height, kernel.byteOffset, radius, copy, line)
  rgb.set(pixels)
}

/** @returns `2 * radius + 1` weights that sum to 1. */
function gaussian(radius: number, sigma: number): Float64Array {
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  )
  const total = kernel.reduce((sum, weight) => sum + weight, 0)
  return kernel.map(weight => weight / total)
}
