import type { FrameThumbnail } from '../../types.js'
import { outside, sample } from './alignment.js'
import { halve, type Luma, localDifference } from './detail.js'
import type { Motion } from './motion.js'

/** Sides of a block, in pixels of half a thumbnail. */
const [columns, rows] = [8, 9]

/** Mean square, in levels of luma, of a block without anything but noise, and the share of it in a fit. */
const noise = 1.5
const damping = 0.2

/** Relief of a picture at half of the size of its thumbnail: luma without its local mean, which mixes linearly. */
export interface Relief {
  readonly width: number
  readonly height: number
  readonly values: Float32Array
}

/** A picture, and where the pixels of another one are in it. */
export interface Seen {
  readonly relief: Relief
  readonly view: Motion
}

export function reliefOf(thumbnail: FrameThumbnail): Relief {
  const half: Luma = halve(thumbnail)
  return { width: half.width, height: half.height, values: localDifference(half) }
}

/** How the blocks of a picture follow from those of two others: shares of their energy, 0 to 1. */
export interface Mixture {
  /** Only with the first, and only with the second. */
  readonly first: number
  readonly second: number
  /** With either: the two are alike there. */
  readonly either: number
  /** With neither. */
  readonly neither: number
}

/**
 * Explains each block of a picture as a sum of the same blocks of the pictures before and after: in a dissolve both have a
 * part in it, behind the edge of a wipe it is one or the other.
 */
export function mixtureOf(before: Seen, picture: Relief, after: Seen): Mixture {
  let [first, second, either, neither, count] = [0, 0, 0, 0, 0]
  for (let top = 0; top + rows <= picture.height; top += rows) {
    for (let left = 0; left + columns <= picture.width; left += columns) {
      const { pixels, aa, bb, ab, mm, am, bm } = products(before, picture, after, left, top)
      const floor = noise * pixels
      if (pixels < (columns * rows) / 2 || Math.max(mm, aa, bb) < floor) continue
      const [p, q] = [aa + damping * floor, bb + damping * floor]
      const energy = mm + damping * floor
      // What is left by the first alone, by the second alone, and by both.
      const byFirst = mm - Math.max(0, am) ** 2 / p
      const bySecond = mm - Math.max(0, bm) ** 2 / q
      const determinant = p * q - ab * ab
      const [a, b] = [(am * q - bm * ab) / determinant, (bm * p - am * ab) / determinant]
      const byBoth = a > 0 && b > 0 ? mm - a * am - b * bm : Math.min(byFirst, bySecond)
      count++
      first += (bySecond - byBoth) / energy
      second += (byFirst - byBoth) / energy
      either += (mm - Math.max(byFirst, bySecond)) / energy
      neither += byBoth / energy
    }
  }
  if (count === 0) return { first: 0, second: 0, either: 0, neither: 1 }
  return { first: first / count, second: second / count, either: either / count, neither: neither / count }
}

/** Sums of products over a block, of the pixels that all three pictures have. */
function products(before: Seen, { width, values }: Relief, after: Seen, left: number, top: number) {
  const [{ view: u }, { view: v }] = [before, after]
  let [pixels, aa, bb, ab, mm, am, bm] = [0, 0, 0, 0, 0, 0, 0]
  for (let y = top; y < top + rows; y++) {
    for (let x = left; x < left + columns; x++) {
      const a = sample(before.relief, u.a * x - u.b * y + u.dx, u.b * x + u.a * y + u.dy)
      const b = sample(after.relief, v.a * x - v.b * y + v.dx, v.b * x + v.a * y + v.dy)
      if (a === outside || b === outside) continue
      const m = values[y * width + x]!
      pixels++
      aa += a * a
      bb += b * b
      ab += a * b
      mm += m * m
      am += a * m
      bm += b * m
    }
  }
  return { pixels, aa, bb, ab, mm, am, bm }
}
