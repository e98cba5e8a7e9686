import type { Detail } from './detail.js'
import type { Motion } from './motion.js'

/**
 * Aligns `last` with `now`. A view is a motion that takes a pixel of `now` to its place in `last`: the inverse of the
 * camera's.
 */
type View = Motion

/** Weight of no change against the evidence of the picture, so that a picture with few details gives no wild motion. */
const ridge = { turn: 0.002, shift: 0.001 }

/** Change of a view, in pixels at the border, below which it has converged. */
const settled = 0.02

/**
 * Improves a view by Gauss-Newton steps on the difference of the pictures (inverse compositional alignment, Baker and
 * Matthews 2004). Differences are weighted after Geman and McClure: what moves otherwise, such as players and graphics,
 * hardly counts. Converges from about two pixels off.
 */
export function refine(last: Detail, now: Detail, view: View, steps: number): View {
  let better = view
  for (let step = 0; step < steps; step++) {
    const change = solve(...normalEquations(last, now, better))
    if (!change) break
    better = compose(better, change, now)
    if (change.reduce((sum, value) => sum + Math.abs(value), 0) < settled) break
  }
  return better
}

type Samples = Pick<Detail, 'width' | 'height' | 'values'>

type Four = [number, number, number, number]

/** Hessian and gradient for [zoom, roll] in pixels at a width from the center, and [x, y]. */
function normalEquations(last: Detail, now: Detail, { a, b, dx, dy }: View): [Four[], Four] {
  const { width, height } = now
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2]
  let [zz, zr, zx, zy, rr, rx, ry, xx, xy, yy] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  let [z, r, x, y] = [0, 0, 0, 0]
  for (let row = 1; row < height - 1; row++) {
    // Every other pixel, as on a chessboard: neighbors tell nearly the same.
    for (let column = 1 + (row & 1); column < width - 1; column += 2) {
      const i = row * width + column
      const gx = now.slopeX[i]!
      const gy = now.slopeY[i]!
      if (gx === 0 && gy === 0) continue
      const there = sample(last, a * column - b * row + dx, b * column + a * row + dy)
      if (there === outside) continue
      const error = there - now.values[i]!
      const trust = 1 / (1 + 0.2 * error * error)
      const weight = trust * trust
      const gz = (gx * (column - cx) + gy * (row - cy)) / width
      const gr = (gy * (column - cx) - gx * (row - cy)) / width
      zz += weight * gz * gz
      zr += weight * gz * gr
      zx += weight * gz * gx
      zy += weight * gz * gy
      rr += weight * gr * gr
      rx += weight * gr * gx
      ry += weight * gr * gy
      xx += weight * gx * gx
      xy += weight * gx * gy
      yy += weight * gy * gy
      z += weight * gz * error
      r += weight * gr * error
      x += weight * gx * error
      y += weight * gy * error
    }
  }
  const [turn, shift] = [ridge.turn * (xx + yy) + 1e-6, ridge.shift * (xx + yy) + 1e-6]
  const hessian: Four[] = [
    [zz + turn, zr, zx, zy],
    [zr, rr + turn, rx, ry],
    [zx, rx, xx + shift, xy],
    [zy, ry, xy, yy + shift],
  ]
  return [hessian, [z, r, x, y]]
}

/** No value: a number, so that the loops of the alignment stay loops of numbers, and one that no picture has. */
export const outside = 1024

/** The value between four pixels. */
export function sample({ width, height, values }: Samples, x: number, y: number): number {
  if (!(x >= 0 && y >= 0 && x < width - 1 && y < height - 1)) return outside
  const column = x | 0
  const row = y | 0
  const s = x - column
  const t = y - row
  const i = row * width + column
  const top = values[i]! + s * (values[i + 1]! - values[i]!)
  const bottom = values[i + width]! + s * (values[i + width + 1]! - values[i + width]!)
  return top + t * (bottom - top)
}

/** The view after the inverse of a small change about the center. */
function compose({ a, b, dx, dy }: View, [zoom, roll, x, y]: Four, { width, height }: Detail): View {
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2]
  const [c, d] = [1 + zoom / width, roll / width]
  const square = c * c + d * d
  const [p, q] = [(a * c + b * d) / square, (b * c - a * d) / square]
  const [u, v] = [cx + x, cy + y]
  return {
    a: p,
    b: q,
    dx: a * cx - b * cy + dx - (p * u - q * v),
    dy: b * cx + a * cy + dy - (q * u + p * v),
  }
}

/** Gaussian elimination; the matrix is symmetric and positive. */
function solve(matrix: Four[], values: Four): Four | undefined {
  for (let i = 0; i < 4; i++) {
    const pivot = matrix[i]![i]!
    if (!(pivot > 1e-12)) return undefined
    for (let j = i + 1; j < 4; j++) {
      const factor = matrix[j]![i]! / pivot
      for (let k = i; k < 4; k++) matrix[j]![k]! -= factor * matrix[i]![k]!
      values[j]! -= factor * values[i]!
    }
  }
  for (let i = 3; i >= 0; i--) {
    for (let k = i + 1; k < 4; k++) values[i]! -= matrix[i]![k]! * values[k]!
    values[i]! /= matrix[i]![i]!
  }
  return values
}

/**
 * Normalized correlation, -1 to 1, of `now` and of `last` seen through the view, times the square root of the overlapping
 * share, which compensates for the larger chance correlation of fewer pixels.
 */
export function agreement(last: Detail, now: Detail, { a, b, dx, dy }: View): number {
  const { width, height, values } = now
  let [product, lastEnergy, nowEnergy, count] = [0, 0, 0, 0]
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const there = sample(last, a * column - b * row + dx, b * column + a * row + dy)
      if (there === outside) continue
      const here = values[row * width + column]!
      product += there * here
      lastEnergy += there * there
      nowEnergy += here * here
      count++
    }
  }
  const energy = lastEnergy * nowEnergy
  return energy > 0 ? product * Math.sqrt(count / (values.length * energy)) : 0
}
