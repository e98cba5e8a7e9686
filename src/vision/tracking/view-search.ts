import type { Detail } from './detail.js'
import type { Motion } from './motion.js'

/** Largest shift between two frames, as shares of width and height. */
const reach = { x: 0.8, y: 0.45 }

/** Zooms between two frames that are tried: alignment finds those in between. */
const zooms = [1, 0.8, 1.25]

/** Candidates of each zoom. */
const count = 6

/** The views with the best correlation at all shifts and a few zooms: guesses for the alignment. */
export function guessViews(last: Detail, now: Detail): Motion[] {
  const { width, height } = now
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2]
  return zooms.flatMap(zoom =>
    peaks(zoomed(last.values, zoom, width, height), now).map(({ dx, dy }) => ({
      a: zoom,
      b: 0,
      dx: zoom * dx + cx * (1 - zoom),
      dy: zoom * dy + cy * (1 - zoom),
    })),
  )
}

/** The picture with each value from `zoom` times as far from the center; 0 outside. */
function zoomed(values: Float32Array, zoom: number, width: number, height: number): Float32Array {
  if (zoom === 1) return values
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2]
  const result = new Float32Array(values.length)
  for (let row = 0; row < height; row++) {
    const y = Math.round((row - cy) * zoom + cy)
    for (let column = 0; column < width; column++) {
      const x = Math.round((column - cx) * zoom + cx)
      if (x >= 0 && y >= 0 && x < width && y < height) result[row * width + column] = values[y * width + x]!
    }
  }
  return result
}

interface Shift {
  readonly dx: number
  readonly dy: number
  readonly value: number
}

/** The best local maxima of the correlation over all shifts, damped by the root of the overlap as in `agreement`. */
function peaks(last: Float32Array, { width, height, values }: Detail): Shift[] {
  const [rx, ry] = [Math.floor(width * reach.x), Math.floor(height * reach.y)]
  const columns = 2 * rx + 1
  const map = new Float32Array(columns * (2 * ry + 1))
  for (let dy = -ry; dy <= ry; dy++) {
    for (let dx = -rx; dx <= rx; dx++) {
      map[(dy + ry) * columns + dx + rx] = correlation(last, values, width, height, dx, dy)
    }
  }
  const found: Shift[] = []
  for (let y = 1; y < 2 * ry; y++) {
    for (let x = 1; x < columns - 1; x++) {
      const i = y * columns + x
      const value = map[i]!
      const around = Math.max(map[i - 1]!, map[i + 1]!, map[i - columns]!, map[i + columns]!)
      if (value > 0 && value >= around) found.push({ dx: x - rx, dy: y - ry, value })
    }
  }
  return found.sort((a, b) => b.value - a.value).slice(0, count)
}

function correlation(
  last: Float32Array,
  now: Float32Array,
  width: number,
  height: number,
  dx: number,
  dy: number,
): number {
  const left = Math.max(0, -dx)
  const right = Math.min(width, width - dx)
  const top = Math.max(0, -dy)
  const bottom = Math.min(height, height - dy)
  let product = 0
  let lastEnergy = 0
  let nowEnergy = 0
  for (let y = top; y < bottom; y++) {
    let i = y * width + left
    let j = (y + dy) * width + left + dx
    for (let x = left; x < right; x++) {
      const p = last[j++]!
      const q = now[i++]!
      product += p * q
      lastEnergy += p * p
      nowEnergy += q * q
    }
  }
  const share = ((right - left) * (bottom - top)) / now.length
  return product * Math.sqrt(share / (lastEnergy * nowEnergy + 1e-9))
}
