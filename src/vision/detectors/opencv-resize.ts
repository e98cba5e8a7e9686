import type { Fit } from './fit.js'
import type { ChannelLayout, Colors, InputArray, Size } from './preprocess.js'

/** OpenCV's denominator of the weights. */
const UNIT = 2048
const { fround, imul } = Math

/**
 * As `inputWriter`, with the integers of `cv2.resize` (INTER_LINEAR): rows are scaled first, and what the shifts cut off
 * makes one value in ten a level lower than exact ones. Networks that were trained with it notice.
 */
export function opencvResizeWriter(
  { width, height }: Size,
  fit: Fit,
  { channels, mean, std }: Colors,
  { step, channel }: ChannelLayout,
): (rgb: Uint8Array, input: InputArray) => void {
  const columns = neighbors(width, fit.width)
  const rows = neighbors(height, fit.height)
  const line = fit.width * 3
  // Scaled rows by the parity of their place: each is used for several rows of the input.
  const scaled = [new Int32Array(line), new Int32Array(line)] as const
  const held = [-1, -1]
  const colors = [0, 1, 2].map(color => {
    const place = channels === 'RGB' ? color : 2 - color
    return { color, at: place * channel, center: mean[place]!, gain: 1 / std[place]! }
  })

  return (rgb, input) => {
    held.fill(-1)
    const row = (y: number): Int32Array => {
      const place = (y & 1) as 0 | 1
      if (held[place] !== y) {
        scaleRow(rgb, y * width * 3, columns, scaled[place])
        held[place] = y
      }
      return scaled[place]
    }
    for (let y = 0; y < fit.height; y++) {
      const [first, second] = [row(rows.first[y]!), row(rows.second[y]!)]
      const [near, far] = [rows.near[y]!, rows.far[y]!]
      const start = ((fit.y + y) * fit.inputWidth + fit.x) * step
      for (const { color, at, center, gain } of colors) {
        for (let x = 0, from = color, to = start + at; x < fit.width; x++, from += 3, to += step) {
          const sum = (imul(near, first[from]!) >> 16) + (imul(far, second[from]!) >> 16)
          input[to] = (((sum + 2) >> 2) - center) * gain
        }
      }
    }
  }
}

type Neighbors = ReturnType<typeof neighbors>

/** Weighted sums of two pixels, without the four bits that OpenCV cuts off. */
function scaleRow(rgb: Uint8Array, start: number, columns: Neighbors, scaled: Int32Array): void {
  const { first, second, near, far } = columns
  for (let x = 0, to = 0; x < first.length; x++, to += 3) {
    const [left, right] = [start + first[x]! * 3, start + second[x]! * 3]
    const [a, b] = [near[x]!, far[x]!]
    scaled[to] = (imul(rgb[left]!, a) + imul(rgb[right]!, b)) >> 4
    scaled[to + 1] = (imul(rgb[left + 1]!, a) + imul(rgb[right + 1]!, b)) >> 4
    scaled[to + 2] = (imul(rgb[left + 2]!, a) + imul(rgb[right + 2]!, b)) >> 4
  }
}

/** For the middle of each of `to` equal parts of a row: the two nearest pixels and their weights. */
function neighbors(from: number, to: number) {
  const of = (i: number) => {
    const at = fround((i + 0.5) * (from / to) - 0.5)
    const place = Math.floor(at)
    if (place < 0) return { place: 0, share: 0 }
    return place >= from - 1 ? { place: from - 1, share: 0 } : { place, share: fround(at - place) }
  }
  const all = Array.from({ length: to }, (_, i) => of(i))
  return {
    first: Int32Array.from(all, ({ place }) => place),
    second: Int32Array.from(all, ({ place }) => Math.min(place + 1, from - 1)),
    near: Int32Array.from(all, ({ share }) => Math.round(fround(1 - share) * UNIT)),
    far: Int32Array.from(all, ({ share }) => Math.round(share * UNIT)),
  }
}
