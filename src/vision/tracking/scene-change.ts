import type { FrameThumbnail } from '../../types.js'

/** The camera's motion between two frames: a cut, or the shift of the picture in pixels of the thumbnail. */
export type CameraMove =
  | { readonly cut: true }
  | { readonly cut: false; readonly dx: number; readonly dy: number }

/** Least overlap of two frames, as shares of width and height, at which a pan can be distinguished from a cut. */
const leastOverlap = { x: 0.4, y: 0.7 }

/**
 * Agreement below which, at every shift, two thumbnails show different scenes. Measured on rendered matches: at least
 * 0.49 within a scene over 5 s, at least 0.41 after a pan by half a view, at most 0.35 between two views of one
 * surface. A close-up filled by players may fall to 0.3 within a second.
 */
const leastAgreement = 0.38

/** Radius, in pixels of the thumbnail, of the mean that is subtracted: it removes light and color and keeps edges. */
const detailRadius = 4

/** Mean absolute detail, in levels of luma, below which a picture is only noise. */
const leastContrast = 1.5

const still: CameraMove = { cut: false, dx: 0, dy: 0 }

/**
 * Detects cuts and pans from consecutive thumbnails: compares each with the last one at every shift with enough overlap.
 * The shift with the best agreement is the pan, up to half a view between two frames. At a cut no shift agrees: another
 * view of the same surface has the same colors but not the same details.
 */
export class SceneChangeDetector {
  #last: Detail | undefined
  #lastHalf: Detail | undefined

  /** Compares with the thumbnail of the previous call; no motion for the first one and after a change of size. */
  next(thumbnail: FrameThumbnail): CameraMove {
    const [last, lastHalf] = [this.#last, this.#lastHalf]
    const now = detail(thumbnail)
    const nowHalf = halve(now)
    this.#last = now
    this.#lastHalf = nowHalf
    if (!last || !lastHalf || last.width !== now.width || last.height !== now.height) return still
    if (Math.max(last.contrast, now.contrast) < leastContrast) return still
    const rough = search(lastHalf, nowHalf, { dx: 0, dy: 0 }, reach(nowHalf))
    const best = search(last, now, { dx: 2 * rough.dx, dy: 2 * rough.dy }, { x: 2, y: 2 })
    return agreement(last, now, best) < leastAgreement
      ? { cut: true }
      : { cut: false, ...refine(last, now, best) }
  }
}

interface Shift {
  readonly dx: number
  readonly dy: number
}

interface Reach {
  readonly x: number
  readonly y: number
}

function reach({ width, height }: Detail): Reach {
  return { x: Math.floor(width * (1 - leastOverlap.x)), y: Math.floor(height * (1 - leastOverlap.y)) }
}

/** The integer shift, within a reach around a guess, at which `now` agrees best with `last`. */
function search(last: Detail, now: Detail, guess: Shift, { x, y }: Reach): Shift {
  let best = guess
  let most = agreement(last, now, guess)
  for (let dy = guess.dy - y; dy <= guess.dy + y; dy++) {
    for (let dx = guess.dx - x; dx <= guess.dx + x; dx++) {
      const found = agreement(last, now, { dx, dy }, most)
      if (found > most) {
        most = found
        best = { dx, dy }
      }
    }
  }
  return best
}

/** Subpixel refinement by a parabola through the agreement at the neighboring shifts: a thumbnail pixel is many of the frame. */
function refine(last: Detail, now: Detail, { dx, dy }: Shift): Shift {
  const at = (x: number, y: number) => agreement(last, now, { dx: dx + x, dy: dy + y })
  const middle = at(0, 0)
  return { dx: dx + vertex(at(-1, 0), middle, at(1, 0)), dy: dy + vertex(at(0, -1), middle, at(0, 1)) }
}

function vertex(before: number, middle: number, after: number): number {
  const curvature = before + after - 2 * middle
  return curvature < 0 ? Math.min(0.5, Math.max(-0.5, (before - after) / (2 * curvature))) : 0
}

/**
 * Normalized correlation, -1 to 1, of the overlap of `now` and of `last` moved by the shift, times the square root of the
 * overlapping share, which compensates for the larger chance correlation of fewer pixels.
 * @param least a lower agreement is not computed to its end: returned as -1.
 */
function agreement(last: Detail, now: Detail, { dx, dy }: Shift, least = -1): number {
  const { width, height } = now
  const left = Math.max(0, dx)
  const right = Math.min(width, width + dx)
  const top = Math.max(0, dy)
  const bottom = Math.min(height, height + dy)
  const lastEnergy = energyIn(last, left - dx, top - dy, right - dx, bottom - dy)
  const nowEnergy = energyIn(now, left, top, right, bottom)
  if (!(lastEnergy > 0 && nowEnergy > 0)) return 0
  const scale = Math.sqrt(((right - left) * (bottom - top)) / (width * height) / (lastEnergy * nowEnergy))
  let product = 0
  for (let y = top; y < bottom; y++) {
    // The remaining rows add at most the root of the product of their energies (Cauchy-Schwarz).
    const most =
      energyIn(last, left - dx, y - dy, right - dx, bottom - dy) * energyIn(now, left, y, right, bottom)
    if ((product + Math.sqrt(most)) * scale < least) return -1
    let i = (y - dy) * width + left - dx
    let j = y * width + left
    for (let x = left; x < right; x++) {
      product += last.values[i++]! * now.values[j++]!
    }
  }
  return product * scale
}

/** Luma without its local mean. */
interface Detail {
  readonly width: number
  readonly height: number
  readonly values: Float32Array<ArrayBuffer>
  /** Integral image of the squared values; see `integral`. */
  readonly energy: Float64Array<ArrayBuffer>
  /** Mean of the absolute values before clipping. */
  readonly contrast: number
}

/** Sum of the squares of the values in a rectangle, right and bottom exclusive. */
function energyIn(
  { width, energy }: Detail,
  left: number,
  top: number,
  right: number,
  bottom: number,
): number {
  const stride = width + 1
  const above = energy[top * stride + right]! - energy[top * stride + left]!
  return energy[bottom * stride + right]! - energy[bottom * stride + left]! - above
}

/**
 * Subtracts the local mean and clips the values to half of their mean absolute value, so that nearly only their signs
 * count: a bright moving player weighs no more than a line, and the static parts, most of the picture, decide.
 */
function detail({ width, height, luma }: FrameThumbnail): Detail {
  const stride = width + 1
  const sums = integral(width, height, luma)
  const values = new Float32Array(width * height)
  let total = 0
  for (let y = 0; y < height; y++) {
    const top = Math.max(0, y - detailRadius)
    const bottom = Math.min(height, y + detailRadius + 1)
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - detailRadius)
      const right = Math.min(width, x + detailRadius + 1)
      const above = sums[top * stride + right]! - sums[top * stride + left]!
      const mean =
        (sums[bottom * stride + right]! - sums[bottom * stride + left]! - above) /
        ((right - left) * (bottom - top))
      const value = luma[y * width + x]! - mean
      values[y * width + x] = value
      total += Math.abs(value)
    }
  }
  const contrast = total / values.length
  const limit = contrast / 2
  for (let i = 0; i < values.length; i++) values[i] = Math.min(limit, Math.max(-limit, values[i]!))
  return { width, height, values, energy: energyOf(width, height, values), contrast }
}

/** Integral image: sums over all rows above and columns to the left; one row and column larger than the picture. */
function integral(
  width: number,
  height: number,
  values: Uint8Array | Float64Array,
): Float64Array<ArrayBuffer> {
  const stride = width + 1
  const sums = new Float64Array(stride * (height + 1))
  for (let y = 0; y < height; y++) {
    let row = 0
    for (let x = 0; x < width; x++) {
      row += values[y * width + x]!
      sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1]! + row
    }
  }
  return sums
}

function energyOf(width: number, height: number, values: Float32Array): Float64Array<ArrayBuffer> {
  const squares = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) squares[i] = values[i]! * values[i]!
  return integral(width, height, squares)
}

/** Half the size, each value the mean of four. */
function halve({ width, height, values, contrast }: Detail): Detail {
  const w = width >> 1
  const h = height >> 1
  const half = new Float32Array(w * h)
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const i = 2 * (y * width + x)
      half[y * w + x] = (values[i]! + values[i + 1]! + values[i + width]! + values[i + width + 1]!) / 4
    }
  }
  return { width: w, height: h, values: half, energy: energyOf(w, h, half), contrast }
}
