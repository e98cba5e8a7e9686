import type { Picture, Pixels, Xyxy } from '../../types.js'

/** A crop, and where it was cut out. */
export interface Cutout extends Pixels {
  readonly detection: { readonly xyxy: Xyxy }
  readonly origin?: { readonly frame: Picture; readonly x: number; readonly y: number } | undefined
}

/** The box of a crop's person, from its upper left corner. A stored crop is taken for its box. */
export function boxIn({ origin, detection, width, height }: Cutout): Xyxy {
  if (origin === undefined) return [0, 0, width, height]
  const [x1, y1, x2, y2] = detection.xyxy
  return [x1 - origin.x, y1 - origin.y, x2 - origin.x, y2 - origin.y]
}

/** The whole pixels of a picture that a box touches. */
export function wholeBox([x1, y1, x2, y2]: Xyxy, width: number, height: number): Xyxy {
  return [
    Math.max(0, Math.floor(x1)),
    Math.max(0, Math.floor(y1)),
    Math.min(width, Math.ceil(x2)),
    Math.min(height, Math.ceil(y2)),
  ]
}
