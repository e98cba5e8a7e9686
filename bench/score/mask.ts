import type { Xyxy } from '../../dist/types.js'
import type { TruePlayer } from '../sample/truth.js'

/** Classes of the pixels of a crop. */
const background = 0
const foreground = 1
/** Another player, who may be kept or removed. */
const ignored = 2

/**
 * The pixels of a detection's crop: the box rounded outward and clamped to the frame.
 * @returns whole pixels, x2 and y2 exclusive.
 */
export function cropWindow([x1, y1, x2, y2]: Xyxy, width: number, height: number): Xyxy {
  return [
    Math.max(0, Math.floor(x1)),
    Math.max(0, Math.floor(y1)),
    Math.min(width, Math.ceil(x2)),
    Math.min(height, Math.ceil(y2)),
  ]
}

/** True mask of a window, row-major: the visible pixels of `player` are foreground, those of others are ignored. */
export function trueMask(window: Xyxy, player: TruePlayer, others: readonly TruePlayer[]): Uint8Array {
  const mask = new Uint8Array((window[2] - window[0]) * (window[3] - window[1]))
  for (const other of others) if (other.id !== player.id) fill(mask, window, other, ignored)
  fill(mask, window, player, foreground)
  return mask
}

function fill(
  mask: Uint8Array,
  [left, top, right, bottom]: Xyxy,
  { box, mask: runs }: TruePlayer,
  value: number,
): void {
  const [x1, y1, x2] = box
  const width = x2 - x1
  let at = 0
  for (const [i, run] of runs.entries()) {
    for (const end = at + run; at < end; at++) {
      if (i % 2 === 0) continue
      const [x, y] = [x1 + (at % width), y1 + Math.floor(at / width)]
      if (x >= left && x < right && y >= top && y < bottom)
        mask[(y - top) * (right - left) + x - left] = value
    }
  }
}

/**
 * Intersection over union of the pixels that a crop kept and its true mask; 1 if both are empty.
 * @param kept not 0 where the pixel was kept.
 * @param truth as `trueMask` returns it, of the same length.
 */
export function maskIou(kept: Uint8Array, truth: Uint8Array): number {
  let [both, one] = [0, 0]
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === ignored) continue
    const [is, should] = [kept[i] !== 0, truth[i] !== background]
    if (is && should) both++
    if (is || should) one++
  }
  return one === 0 ? 1 : both / one
}

/**
 * Finds the pixels that a crop kept: those that are not the replacement color, within a tolerance for JPEG.
 * @returns 1 where a pixel was kept, else 0.
 * @param rgb interleaved, 8 bits.
 * @param tolerance largest difference of a channel from the replacement color.
 */
export function keptPixels(
  rgb: Uint8Array,
  replacement: readonly [number, number, number],
  tolerance: number,
): Uint8Array {
  return Uint8Array.from({ length: rgb.length / 3 }, (_, i) => {
    const differs = (c: 0 | 1 | 2) => Math.abs(rgb[i * 3 + c]! - replacement[c]) > tolerance
    return differs(0) || differs(1) || differs(2) ? 1 : 0
  })
}
