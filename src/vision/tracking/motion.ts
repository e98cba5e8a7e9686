/**
 * A motion of the camera as it moves the picture, in pixels: (x, y) goes to (a x - b y + dx, b x + a y + dy). The zoom is
 * the length of (a, b), the roll its angle.
 */
export interface Motion {
  readonly a: number
  readonly b: number
  readonly dx: number
  readonly dy: number
}

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

/** One motion, and then another. */
export const chained = (first: Motion, { a, b, dx, dy }: Motion): Motion => ({
  a: a * first.a - b * first.b,
  b: a * first.b + b * first.a,
  dx: a * first.dx - b * first.dy + dx,
  dy: b * first.dx + a * first.dy + dy,
})
