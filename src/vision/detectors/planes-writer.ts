import type { Picture } from '../../types.js'
import { type ColorRow, rowsToRgb } from '../imaging/colors.js'
import { chromaSize, planesOf } from '../imaging/planes.js'
import type { Fit, Region } from './fit.js'
import type { ChannelLayout, Colors, InputArray, Size } from './preprocess.js'

/**
 * Denominator of the interpolation weights, which are integers: they take two thirds of the time of floats and are exact
 * for common scales such as 3 to 2.
 */
const UNIT = 256
const { imul } = Math

/**
 * Creates the function that writes a region of pictures of one size and encoding into the network's input: their planes
 * become (value - mean) / std, scaled to `fit`, in one pass. The padding is not written: it must hold `paddingOf`.
 *
 * Sampling is bilinear, which uses every sample down to half size; larger planes are halved first.
 */
export function planesWriter(
  picture: Omit<Picture, 'planes'>,
  region: Region,
  fit: Fit,
  { channels, mean, std }: Colors,
  { step, channel }: ChannelLayout,
): (picture: Picture, input: InputArray) => void {
  const { chroma } = picture.encoding
  const luma = sampler(picture, { columns: 1, rows: 1, x: 0, y: 0 }, region, fit)
  const color = sampler(chromaSize(picture), chroma, region, fit)
  const rgb = rowsToRgb(picture.encoding)
  const ordered = channels === 'RGB' ? rgb : ([rgb[2], rgb[1], rgb[0]] as const)
  const normalized = (place: 0 | 1 | 2): ColorRow => {
    const [a, b, c, constant] = ordered[place]
    const gain = 1 / (std[place] * UNIT ** 2)
    return [a * gain, b * gain, c * gain, (constant - mean[place]) / std[place]]
  }
  const [a0, a1, a2, a3] = normalized(0)
  const [b0, b1, b2, b3] = normalized(1)
  const [c0, c1, c2, c3] = normalized(2)
  const third = 2 * channel

  return (given, input) => {
    const [first, second, last] = planesOf(given)
    const lumas = luma.halved(first, 0)
    const blues = color.halved(second, 0)
    const reds = color.halved(last, 1)
    for (let y = 0; y < fit.height; y++) {
      const [lumaTop, lumaBottom, lumaLow] = luma.row(y)
      const [colorTop, colorBottom, colorLow] = color.row(y)
      const lumaHigh = UNIT - lumaLow
      const colorHigh = UNIT - colorLow
      let at = ((fit.y + y) * fit.inputWidth + fit.x) * step
      for (let x = 0; x < fit.width; x++, at += step) {
        const left = luma.first[x]!
        const right = luma.second[x]!
        const far = luma.weight[x]!
        const near = UNIT - far
        const u =
          imul(imul(near, lumas[lumaTop + left]!) + imul(far, lumas[lumaTop + right]!), lumaHigh) +
          imul(imul(near, lumas[lumaBottom + left]!) + imul(far, lumas[lumaBottom + right]!), lumaLow)
        const before = color.first[x]!
        const after = color.second[x]!
        const farColor = color.weight[x]!
        const nearColor = UNIT - farColor
        const a = colorTop + before
        const b = colorTop + after
        const c = colorBottom + before
        const d = colorBottom + after
        const v =
          imul(imul(nearColor, blues[a]!) + imul(farColor, blues[b]!), colorHigh) +
          imul(imul(nearColor, blues[c]!) + imul(farColor, blues[d]!), colorLow)
        const w =
          imul(imul(nearColor, reds[a]!) + imul(farColor, reds[b]!), colorHigh) +
          imul(imul(nearColor, reds[c]!) + imul(farColor, reds[d]!), colorLow)
        input[at] = a0 * u + a1 * v + a2 * w + a3
        input[at + channel] = b0 * u + b1 * v + b2 * w + b3
        input[at + third] = c0 * u + c1 * v + c2 * w + c3
      }
    }
  }
}

/** Where the samples of a plane lie for the pixels of the input. */
function sampler(
  plane: Size,
  { columns, rows, x, y }: Picture['encoding']['chroma'],
  region: Region,
  fit: Fit,
) {
  const times = timesHalved(Math.max(region.width / columns / fit.width, region.height / rows / fit.height))
  const halvings = [0, 1].map(() => halvingsOf(plane, times))
  const { width, height } = halvings[0]?.at(-1) ?? plane
  const scale = 2 ** times
  // Halved samples lie between those that they are made of.
  const shift = (scale - 1) / 2
  const across = interpolation(region.x, region.width, fit.width, columns * scale, x + columns * shift, width)
  const down = interpolation(region.y, region.height, fit.height, rows * scale, y + rows * shift, height)
  return {
    first: across.first,
    second: across.second,
    weight: across.weight,
    /** Starts of the two rows of samples, and the weight of the second, of UNIT. */
    row: (y: number): readonly [number, number, number] => [
      down.first[y]! * width,
      down.second[y]! * width,
      down.weight[y]!,
    ],
    /** @param place 0 or 1: planes with different places are held at the same time. */
    halved: (samples: Uint8Array, place: 0 | 1): Uint8Array =>
      halvings[place]!.reduce((now, halving) => halving.of(now), samples),
  }
}

/** How often a plane is halved, so that at most two of its samples fall on one of the input. */
const timesHalved = (ratio: number): number => Math.max(0, Math.ceil(Math.log2(ratio) - 1))

function halvingsOf({ width, height }: Size, times: number): Halving[] {
  if (times === 0) return []
  const first = new Halving(width, height)
  return [first, ...halvingsOf(first, times - 1)]
}

/** Halves planes of one size: each sample is the mean of four; if a side is odd, its last counts twice. */
class Halving {
  readonly width: number
  readonly height: number
  readonly #half: Uint8Array

  constructor(
    readonly fromWidth: number,
    readonly fromHeight: number,
  ) {
    this.width = Math.ceil(fromWidth / 2)
    this.height = Math.ceil(fromHeight / 2)
    this.#half = new Uint8Array(this.width * this.height)
  }

  of(samples: Uint8Array): Uint8Array {
    const { fromWidth, fromHeight } = this
    for (let y = 0, at = 0; y < fromHeight; y += 2) {
      const top = y * fromWidth
      const bottom = y + 1 < fromHeight ? top + fromWidth : top
      for (let x = 0; x < fromWidth; x += 2, at++) {
        const right = x + 1 < fromWidth ? x + 1 : x
        this.#half[at] =
          (samples[top + x]! + samples[top + right]! + samples[bottom + x]! + samples[bottom + right]! + 2) >>
          2
      }
    }
    return this.#half
  }
}

/**
 * For the middle of each of `to` equal parts of a row of `length` pixels from `start`: the two nearest of the samples,
 * of which one is taken every `step` pixels from `firstSample`, and the weight of the second, of UNIT.
 */
function interpolation(
  start: number,
  length: number,
  to: number,
  step: number,
  firstSample: number,
  samples: number,
) {
  const at = Float64Array.from({ length: to }, (_, i) => {
    const pixel = Math.min(Math.max(((i + 0.5) * length) / to - 0.5, 0), length - 1)
    return Math.min(Math.max((start + pixel - firstSample) / step, 0), samples - 1)
  })
  return {
    first: Int32Array.from(at, Math.floor),
    second: Int32Array.from(at, Math.ceil),
    weight: Int32Array.from(at, value => Math.round((value - Math.floor(value)) * UNIT)),
  }
}
