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
export function writePersonInput(region: RegionPixels, window: Region, input: Float32Array): void {
  const { rgb } = region
  const { width, height } = inputSize
  const columns = places(window.x, window.width, width, region.x, region.width, 3)
  const rows = places(window.y, window.height, height, region.y, region.height, 3 * region.width)
  const plane = width * height
  for (let y = 0, at = 0; y < height; y++) {
    const top = rows.first[y]!
    const bottom = rows.second[y]!
    const low = rows.weight[y]! / 255
    const high = 1 / 255 - low
    for (let x = 0; x < width; x++, at++) {
      const left = columns.first[x]!
      const right = columns.second[x]!
      const far = columns.weight[x]!
      const near = 1 - far
      const [a, b, c, d] = [top + left, top + right, bottom + left, bottom + right]
      const [wa, wb, wc, wd] = [high * near, high * far, low * near, low * far]
      input[at] = wa * rgb[a]! + wb * rgb[b]! + wc * rgb[c]! + wd * rgb[d]!
      input[at + plane] = wa * rgb[a + 1]! + wb * rgb[b + 1]! + wc * rgb[c + 1]! + wd * rgb[d + 1]!
      input[at + 2 * plane] = wa * rgb[a + 2]! + wb * rgb[b + 2]! + wc * rgb[c + 2]! + wd * rgb[d + 2]!
    }
  }
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
