import type { FrameThumbnail } from '../../types.js'

/** What the camera did between two frames. A move is how far the picture shifted, in pixels of the glance. */
export type CameraMove =
  | { readonly cut: true }
  | { readonly cut: false; readonly dx: number; readonly dy: number }

/** A pan leaves at least so much of the width and of the height in view, or it cannot be told from a cut. */
const leastOverlap = { x: 0.4, y: 0.7 }

/**
 * Two glances that agree less, wherever one is laid over the other, are two scenes. On views of a drawn match a scene
 * agrees with itself by 0.49 or more within 5 s, by 0.41 or more when panned by half, and with another view of
 * the same pitch by 0.35 or less; a close-up that players fill goes down to 0.3 within a second.
 */
const leastAgreement = 0.38

/** Radius in pixels of the glance of the mean that is subtracted: light and colors go, lines and edges stay. */
const detailRadius = 4

/** Mean absolute detail, in levels of luma, below which a picture shows nothing but noise. */
const leastContrast = 1.5

const still: CameraMove = { cut: false, dx: 0, dy: 0 }

/**
 * Watches the camera through consecutive glances: lays each over the last one at every shift that leaves enough
 * overlap, and where they agree best is how the camera panned. So a pan of half a view between two frames is found,
 * while a cut agrees nowhere: another view of the same pitch has the same colors, not the same details.
 */
export class SceneChangeDetector {
  #last: Detail | undefined
  #lastHalf: Detail | undefined

  /** Compares with the glance of the call before; for the first one, and after a change of size, all is still. */
  next(glance: FrameThumbnail): CameraMove {
    const [last, lastHalf] = [this.#last, this.#lastHalf]
    const now = detail(glance)
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

/** The whole shift around a guess at which `now` agrees best with `last`. */
function search(last: Detail, now: Detail, guess: Shift, { x, y }: Reach): Shift {
  let best = guess
  let most = agreement(last, now, guess)
  for (let dy = guess.dy - y; dy <= guess.dy + y; dy++) {
    for (let dx = guess.dx - x; dx <= guess.dx + x; dx++) {
      const found = agreement(last, now, { dx, dy })
      if (found > most) {
        most = found
        best = { dx, dy }
      }
    }
  }
  return best
}

/** Fits a parabola through the agreement beside the best shift: one pixel of the glance is many of the frame. */
function refine(last: Detail, now: Detail, { dx, dy }: Shift): Shift {
  const at = (x: number, y: number) => agreement(last, now, { dx: dx + x, dy: dy + y })
  const middle = at(0, 0)
  return { dx: dx + vertex(at(-1, 0), middle, at(1, 0)), dy: dy + vertex(at(0, -1), middle, at(0, 1)) }
}

function vertex(before: number, middle: number, after: number): number {
  const bend = before + after - 2 * middle
  return bend < 0 ? Math.min(0.5, Math.max(-0.5, (before - after) / (2 * bend))) : 0
}

/**
 * Normalised correlation, -1 to 1, where `now` and `last` overlap when `last` is moved by the shift, times the root of
 * the share that overlaps: what correlates by chance does so more, by that much, the fewer pixels are compared.
 */
function agreement(last: Detail, now: Detail, { dx, dy }: Shift): number {
  const { width, height } = now
  const left = Math.max(0, dx)
  const right = Math.min(width, width + dx)
  const top = Math.max(0, dy)
  const bottom = Math.min(height, height + dy)
  let product = 0
  for (let y = top; y < bottom; y++) {
    let i = (y - dy) * width + left - dx
    let j = y * width + left
    for (let x = left; x < right; x++) {
      product += last.values[i++]! * now.values[j++]!
    }
  }
  const lastEnergy = within(last, left - dx, top - dy, right - dx, bottom - dy)
  const nowEnergy = within(now, left, top, right, bottom)
  const overlap = ((right - left) * (bottom - top)) / (width * height)
  return lastEnergy > 0 && nowEnergy > 0 ? product * Math.sqrt(overlap / (lastEnergy * nowEnergy)) : 0
}

/** Luma without its local mean. */
interface Detail {
  readonly width: number
  readonly height: number
  readonly values: Float32Array<ArrayBuffer>
  /** Integral of the squares of the values: see `integral`. */
  readonly energy: Float64Array<ArrayBuffer>
  /** Mean of the absolute values before they were limited. */
  readonly contrast: number
}

/** Sum of the squares of the values in a rectangle, right and bottom exclusive. */
function within({ width, energy }: Detail, left: number, top: number, right: number, bottom: number): number {
  const stride = width + 1
  const above = energy[top * stride + right]! - energy[top * stride + left]!
  return energy[bottom * stride + right]! - energy[bottom * stride + left]! - above
}

/**
 * Values are limited to half their mean, so that nearly only their signs count: a bright player who runs through
 * says no more than the line they cover, and what stands still, which is most of the picture, decides.
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

/** Sums over all rows above and columns to the left, one row and column larger than the picture. */
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

const energyOf = (width: number, height: number, values: Float32Array) =>
  integral(
    width,
    height,
    Float64Array.from(values, value => value * value),
  )

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
