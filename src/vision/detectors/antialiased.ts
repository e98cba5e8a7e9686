import type { Fit } from './fit.js'
import type { ChannelLayout, Colors, InputArray, Size } from './preprocess.js'

/** The weights of the source pixels of each pixel of a scaled row. */
interface Filter {
  /** First source pixel. */
  readonly first: Int32Array
  /** Number of source pixels. */
  readonly count: Int32Array
  /** `taps` weights for each scaled pixel; they sum to 1. */
  readonly weights: Float32Array
  readonly taps: number
}

/**
 * As `inputWriter`, with the filter of Pillow and of torchvision's `antialias`: a triangle whose width grows with the
 * reduction, so that every source pixel counts. As in Pillow the rows are scaled first, and rounded to 8 bits.
 */
export function antialiasedWriter(
  { width, height }: Size,
  fit: Fit,
  { channels, mean, std }: Colors,
  { step, channel }: ChannelLayout,
): (rgb: Uint8Array, input: InputArray) => void {
  const columns = triangles(width, fit.width)
  const rows = triangles(height, fit.height)
  const scaled = new Uint8ClampedArray(height * fit.width * 3)
  const line = fit.width * 3

  return (rgb, input) => {
    for (let y = 0; y < height; y++) {
      scaleRow(rgb, y * width * 3, columns, scaled, y * line)
    }
    for (let color = 0; color < 3; color++) {
      const place = channels === 'RGB' ? color : 2 - color
      const [center, gain] = [mean[place]!, 1 / std[place]!]
      for (let y = 0; y < fit.height; y++) {
        const top = rows.first[y]! * line + color
        const count = rows.count[y]!
        let at = ((fit.y + y) * fit.inputWidth + fit.x) * step + place * channel
        for (let x = 0; x < fit.width; x++, at += step) {
          let sum = 0
          for (let tap = 0, from = top + x * 3; tap < count; tap++, from += line) {
            sum += rows.weights[y * rows.taps + tap]! * scaled[from]!
          }
          input[at] = (sum - center) * gain
        }
      }
    }
  }
}

function scaleRow(
  rgb: Uint8Array,
  start: number,
  { first, count, weights, taps }: Filter,
  scaled: Uint8ClampedArray,
  to: number,
): void {
  for (let x = 0, at = to; x < first.length; x++, at += 3) {
    let [red, green, blue] = [0, 0, 0]
    const end = x * taps + count[x]!
    for (let tap = x * taps, from = start + first[x]! * 3; tap < end; tap++, from += 3) {
      const weight = weights[tap]!
      red += weight * rgb[from]!
      green += weight * rgb[from + 1]!
      blue += weight * rgb[from + 2]!
    }
    scaled[at] = red
    scaled[at + 1] = green
    scaled[at + 2] = blue
  }
}

/** Triangle filters that scale `from` pixels to `to`. */
function triangles(from: number, to: number): Filter {
  const scale = from / to
  const radius = Math.max(scale, 1)
  const taps = 2 * Math.ceil(radius) + 1
  const first = new Int32Array(to)
  const count = new Int32Array(to)
  const weights = new Float32Array(to * taps)
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale
    const low = Math.max(Math.floor(center - radius + 0.5), 0)
    const high = Math.min(Math.floor(center + radius + 0.5), from)
    const row = Float64Array.from({ length: high - low }, (_, tap) =>
      Math.max(0, 1 - Math.abs((low + tap + 0.5 - center) / radius)),
    )
    const sum = row.reduce((total, weight) => total + weight, 0)
    first[i] = low
    count[i] = high - low
    for (const [tap, weight] of row.entries()) weights[i * taps + tap] = weight / sum
  }
  return { first, count, weights, taps }
}
