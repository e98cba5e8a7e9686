import type { Pixels } from '../../types.js'
import { kernels } from '../kernels/kernels.js'
import { workMemory } from '../kernels/work-memory.js'

/** Replaces the pixels of which the mask is 0 by one color, in place. */
export function paintOutside(
  { rgb }: Pixels,
  mask: Uint8Array,
  [red, green, blue]: readonly [number, number, number],
): void {
  workMemory.reset(rgb.length + mask.length)
  const pixels = workMemory.copyOf(rgb)
  const inside = workMemory.copyOf(mask)
  kernels.paint(pixels.byteOffset, inside.byteOffset, mask.length, red | (green << 8) | (blue << 16))
  rgb.set(pixels)
}
