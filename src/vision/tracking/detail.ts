import type { FrameThumbnail } from '../../types.js'

/** Radius, in pixels, of the mean that is subtracted: it removes light and color and keeps edges. */
const radius = 4

/** Least limit of the values, in levels of luma: noise of an even picture stays small. */
const leastLimit = 0.75

/** Edges of a picture: luma without its local mean, from -1 to 1, and its slopes. */
export interface Detail {
  readonly width: number
  readonly height: number
  readonly values: Float32Array
  readonly slopeX: Float32Array
  readonly slopeY: Float32Array
  /** Mean absolute difference from the local mean, in levels of luma. */
  readonly contrast: number
}

/** The detail of a thumbnail, of half its size, and of a quarter. */
export type Pyramid = readonly [full: Detail, half: Detail, quarter: Detail]

export function pyramid({ width, height, luma }: FrameThumbnail): Pyramid {
  const full = { width, height, luma }
  const half = halve(full)
  return [detail(full), detail(half), detail(halve(half))]
}

export interface Luma {
  readonly width: number
  readonly height: number
  readonly luma: ArrayLike<number>
}

/** Half the size, each value the mean of four. */
export function halve({ width, height, luma }: Luma): Luma {
  const [w, h] = [Math.max(1, width >> 1), Math.max(1, height >> 1)]
  const half = new Float32Array(w * h)
  for (let y = 0; y < h; y++) {
    const above = 2 * y * width
    const below = Math.min(height - 1, 2 * y + 1) * width
    for (let x = 0; x < w; x++) {
      const left = 2 * x
      const right = Math.min(width - 1, 2 * x + 1)
      const sum = luma[above + left]! + luma[above + right]! + luma[below + left]! + luma[below + right]!
      half[y * w + x] = sum / 4
    }
  }
  return { width: w, height: h, luma: half }
}

/**
 * Subtracts the local mean and clips the values to half of their mean absolute value, so that nearly only their signs
 * count: a bright moving player weighs no more than a line, and the static parts, most of the picture, decide.
 */
function detail(picture: Luma): Detail {
  const { width, height } = picture
  const values = localDifference(picture)
  const contrast = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length
  const limit = Math.max(leastLimit, contrast / 2)
  for (let i = 0; i < values.length; i++) values[i] = Math.min(1, Math.max(-1, values[i]! / limit))
  return { width, height, values, ...slopes(width, height, values), contrast }
}

/** Luma without its local mean, in levels. */
export function localDifference({ width, height, luma }: Luma): Float32Array {
  const stride = width + 1
  const sums = integral(width, height, luma)
  const values = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const top = Math.max(0, y - radius)
    const bottom = Math.min(height, y + radius + 1)
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - radius)
      const right = Math.min(width, x + radius + 1)
      const above = sums[top * stride + right]! - sums[top * stride + left]!
      const sum = sums[bottom * stride + right]! - sums[bottom * stride + left]! - above
      values[y * width + x] = luma[y * width + x]! - sum / ((right - left) * (bottom - top))
    }
  }
  return values
}

function slopes(width: number, height: number, values: Float32Array) {
  const slopeX = new Float32Array(values.length)
  const slopeY = new Float32Array(values.length)
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
      slopeX[i] = (values[i + 1]! - values[i - 1]!) / 2
      slopeY[i] = (values[i + width]! - values[i - width]!) / 2
    }
  }
  return { slopeX, slopeY }
}

/** Integral image: sums over all rows above and columns to the left; one row and column larger than the picture. */
function integral(width: number, height: number, values: ArrayLike<number>): Float64Array {
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
