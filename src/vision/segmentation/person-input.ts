import type { Region } from '../imaging/colors.js'
import { inputSize } from './person-window.js'

/** Interleaved 8-bit RGB of a region of a picture. */
interface RegionPixels extends Region {
  readonly rgb: Uint8Array
}

/**
 * Writes the input of the network: a window of a picture as planes of red, green and blue, 0 to 1, bilinearly. Beyond the
 * region whose pixels are known, its border is continued: on gray or black the network sees less of a person.
 */
export function writePersonInput(
  { rgb, ...region }: RegionPixels,
  window: Region,
  input: Float32Array,
): void {
  const { width, height } = inputSize
  const columns = places(window.x, window.width, width, region.x, region.width, 3)
  const rows = places(window.y, window.height, height, region.y, region.height, 3 * region.width)
  const plane = width * height
  let [upper, lower] = [lineOf(rows.first[0]!), lineOf(rows.second[0]!)]
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [rows.first[y]!, rows.second[y]!]
    if (upper.row !== top) {
      const free = upper
      upper = lower
      lower = free
    }
    if (upper.row !== top) fillLine(upper, top)
    if (lower.row !== bottom) fillLine(lower, bottom)
    const [above, below, weight] = [upper.values, lower.values, rows.weight[y]!]
    for (let channel = 0, i = 0; channel < 3; channel++) {
      let at = channel * plane + y * width
      for (const end = i + width; i < end; i++, at++) {
        const value = above[i]!
        input[at] = value + (below[i]! - value) * weight
      }
    }
  }

  function lineOf(row: number): Line {
    const line = { row, values: new Float32Array(3 * width) }
    fillLine(line, row)
    return line
  }

  /** Interpolates a row of the region: its red, then its green, then its blue. A small crop has fewer rows than the input. */
  function fillLine(line: Line, row: number): void {
    const { values } = line
    for (let x = 0; x < width; x++) {
      const left = row + columns.first[x]!
      const right = row + columns.second[x]!
      const far = columns.weight[x]! / 255
      const near = 1 / 255 - far
      values[x] = near * rgb[left]! + far * rgb[right]!
      values[x + width] = near * rgb[left + 1]! + far * rgb[right + 1]!
      values[x + 2 * width] = near * rgb[left + 2]! + far * rgb[right + 2]!
    }
    line.row = row
  }
}

/** A row of the region, as wide as the input. */
interface Line {
  row: number
  readonly values: Float32Array
}

/**
 * For the middle of each of `to` equal parts of `length` pixels from `start`: the offsets of the two nearest of `count`
 * pixels from `origin`, which are `stride` apart, and the weight of the second.
 */
function places(start: number, length: number, to: number, origin: number, count: number, stride: number) {
  const first = new Int32Array(to)
  const second = new Int32Array(to)
  const weight = new Float64Array(to)
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(start + ((i + 0.5) * length) / to - 0.5 - origin, 0), count - 1)
    first[i] = Math.floor(at) * stride
    second[i] = Math.ceil(at) * stride
    weight[i] = at - Math.floor(at)
  }
  return { first, second, weight }
}
