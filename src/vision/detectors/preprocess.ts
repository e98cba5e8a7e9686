import type { Preprocessing } from './family.js'
import type { Fit } from './fit.js'

/** Denominator of the interpolation weights, which are integers: they take two thirds of the time of floats. */
const UNIT = 256
/** Bits of its square. */
const SHIFT = 16
const { imul } = Math

/** What of the preprocessing a writer applies. */
export type Colors = Pick<Preprocessing, 'channels' | 'mean' | 'std' | 'resampling'>

/** The network's input for one picture: three planes, or interleaved channels. Values of 8 bits are rounded. */
export type InputArray = Float32Array | Uint8ClampedArray

/** How the channels lie in the input. */
export interface ChannelLayout {
  /** From a value to that of its right neighbor. */
  readonly step: number
  /** From a value to that of the next channel at the same pixel. */
  readonly channel: number
}

/** Size of a picture, in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/**
 * Creates the function that writes pictures of one size, interleaved 8-bit RGB, into the network's input: they become
 * (value - mean) / std, scaled to `fit`, bilinearly. The padding is not written: it must hold `paddingOf`.
 */
export function inputWriter(
  { width, height }: Size,
  fit: Fit,
  { channels, mean, std, resampling }: Colors,
  { step, channel }: ChannelLayout,
): (rgb: Uint8Array, input: InputArray) => void {
  const center = resampling === 'opencv-warp' ? 0 : 0.5
  const columns = interpolation(width, fit.width, center)
  const rows = interpolation(height, fit.height, center)
  const stride = width * 3
  const isRgb = channels === 'RGB'
  const [redAt, greenAt, blueAt] = isRgb ? [0, channel, 2 * channel] : [2 * channel, channel, 0]
  const byColor = (values: readonly [number, number, number]) =>
    isRgb ? values : ([values[2], values[1], values[0]] as const)
  const [redMean, greenMean, blueMean] = byColor(mean)
  const [redStd, greenStd, blueStd] = byColor(std)
  // Sums of weighted values: shifted they are levels, which are rounded.
  const rounding = resampling === 'opencv-warp' ? SHIFT : 0
  const gain = rounding === 0 ? 1 / UNIT ** 2 : 1
  const half = rounding === 0 ? 0 : UNIT ** 2 / 2
  const [redGain, greenGain, blueGain] = [gain / redStd, gain / greenStd, gain / blueStd]
  const [redStart, greenStart, blueStart] = [-redMean / redStd, -greenMean / greenStd, -blueMean / blueStd]

  return (rgb, input) => {
    for (let y = 0; y < fit.height; y++) {
      const top = rows.first[y]! * stride
      const bottom = rows.second[y]! * stride
      const low = rows.weight[y]!
      const high = UNIT - low
      let at = ((fit.y + y) * fit.inputWidth + fit.x) * step
      for (let x = 0; x < fit.width; x++, at += step) {
        const left = columns.first[x]! * 3
        const right = columns.second[x]! * 3
        const far = columns.weight[x]!
        const near = UNIT - far
        const a = top + left
        const b = top + right
        const c = bottom + left
        const d = bottom + right
        const wa = imul(near, high)
        const wb = imul(far, high)
        const wc = imul(near, low)
        const wd = imul(far, low)
        const red = imul(wa, rgb[a]!) + imul(wb, rgb[b]!) + imul(wc, rgb[c]!) + imul(wd, rgb[d]!)
        const green =
          imul(wa, rgb[a + 1]!) + imul(wb, rgb[b + 1]!) + imul(wc, rgb[c + 1]!) + imul(wd, rgb[d + 1]!)
        const blue =
          imul(wa, rgb[a + 2]!) + imul(wb, rgb[b + 2]!) + imul(wc, rgb[c + 2]!) + imul(wd, rgb[d + 2]!)
        input[at + redAt] = ((red + half) >> rounding) * redGain + redStart
        input[at + greenAt] = ((green + half) >> rounding) * greenGain + greenStart
        input[at + blueAt] = ((blue + half) >> rounding) * blueGain + blueStart
      }
    }
  }
}

/** Values of the padding, in the order of the channels. */
export const paddingOf = ({ pad, mean, std }: Preprocessing): readonly [number, number, number] => {
  const value = (i: 0 | 1 | 2) => (pad === 'mean' ? 0 : (pad - mean[i]) / std[i])
  return [value(0), value(1), value(2)]
}

/**
 * For a point of each of `to` equal parts of a row, `center` after its begin: the two nearest pixels and the weight of the
 * second, of UNIT.
 */
function interpolation(from: number, to: number, center: number) {
  const at = Float64Array.from({ length: to }, (_, i) =>
    Math.min(Math.max(((i + center) * from) / to - center, 0), from - 1),
  )
  return {
    first: Int32Array.from(at, Math.floor),
    second: Int32Array.from(at, Math.ceil),
    weight: Int32Array.from(at, value => Math.round((value - Math.floor(value)) * UNIT)),
  }
}
