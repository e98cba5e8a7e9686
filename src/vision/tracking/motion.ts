import type { Motion, Xyxy } from '../../types.js'

export type { Motion }

export const still: Motion = { a: 1, b: 0, dx: 0, dy: 0 }

export const zoomOf = ({ a, b }: Motion): number => Math.hypot(a, b)

/** The point that a motion takes to (x, y), as a motion: apply both and nothing has moved. */
export function inverse({ a, b, dx, dy }: Motion): Motion {
  const square = a * a + b * b
  const [c, d] = [a / square, -b / square]
  return { a: c, b: d, dx: -(c * dx - d * dy), dy: -(d * dx + c * dy) }
}

/** The motion of the same picture in pixels that are `factor` times as many along each side. */
export const resized = ({ a, b, dx, dy }: Motion, factor: number): Motion => ({
  a,
  b,
  // Pixels are sampled at their middles, which shift against each other by half the difference of their sizes.
  dx: factor * dx + ((factor - 1) / 2) * (1 - a + b),
  dy: factor * dy + ((factor - 1) / 2) * (1 - a - b),
})

/** The center moves, and the size zooms: a box stays upright. */
export function moveBox([x1, y1, x2, y2]: Xyxy, motion: Motion): Xyxy {
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2]
  const zoom = zoomOf(motion) / 2
  const [cx, cy] = [motion.a * x - motion.b * y + motion.dx, motion.b * x + motion.a * y + motion.dy]
  const [w, h] = [(x2 - x1) * zoom, (y2 - y1) * zoom]
  return [cx - w, cy - h, cx + w, cy + h]
}

/** One motion, and then another. */
export const chained = (first: Motion, { a, b, dx, dy }: Motion): Motion => ({
  a: a * first.a - b * first.b,
  b: a * first.b + b * first.a,
  dx: a * first.dx - b * first.dy + dx,
  dy: b * first.dx + a * first.dy + dy,
})
