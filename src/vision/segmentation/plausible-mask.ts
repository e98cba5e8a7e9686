import { boxIn, type Cutout, wholeBox } from './cutout.js'

/** Shares of a person's box that a mask covers when it is believed, and the least share of its height. */
const [leastShare, mostShare, leastHeight] = [0.15, 0.95, 0.6]

/** Whether a mask can be a whole person: one that is empty, full or reaches over a part of the box's height is a mistake. */
export function isPlausible(mask: Uint8Array, crop: Cutout): boolean {
  const { width, height } = crop
  const [x1, y1, x2, y2] = wholeBox(boxIn(crop), width, height)
  let [area, first, last] = [0, y2, y1]
  for (let y = y1; y < y2; y++) {
    for (let i = y * width + x1, end = y * width + x2; i < end; i++) {
      if (mask[i] === 0) continue
      area++
      first = Math.min(first, y)
      last = y + 1
    }
  }
  const share = area / ((x2 - x1) * (y2 - y1))
  return share >= leastShare && share <= mostShare && last - first >= leastHeight * (y2 - y1)
}
