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

/** Of the three channels, in their order. */
type Rows = readonly [ColorRow, ColorRow, ColorRow]

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
  const rows: Rows = [normalized(0), normalized(1), normalized(2)]
  const [u, v, w] = [0, 1, 2].map(() => new Int32Array(fit.width)) as [Int32Array, Int32Array, Int32Array]

  return (given, input) => {
    const [first, second, last] = planesOf(given)
    const lumas = luma.halved(first, 0)
    const blues = color.halved(second, 0)
    const reds = color.halved(last, 1)
    for (let y = 0; y < fit.height; y++) {
      sampleRow(lumas, luma.across, luma.down, luma.stride, y, u)
      sampleRow(blues, color.across, color.down, color.stride, y, v)
      sampleRow(reds, color.across, color.down, color.stride, y, w)
      mixRow(u, v, w, rows, input, ((fit.y + y) * fit.inputWidth + fit.x) * step, step, channel)
    }
  }
}

/** Samples of a plane at the pixels of a row of the input, in units of 1 / UNIT². */
function sampleRow(
  samples: Uint8Array,
  { first, second, weight }: Interpolation,
  down: Interpolation,
  stride: number,
  y: number,
  row: Int32Array,
): void {
  const top = down.first[y]! * stride
  const bottom = down.second[y]! * stride
  const low = down.weight[y]!
  const high = UNIT - low
  for (let x = 0; x < row.length; x++) {
    const left = first[x]!
    const right = second[x]!
    const far = weight[x]!
    const near = UNIT - far
    row[x] =
      imul(imul(near, samples[top + left]!) + imul(far, samples[top + right]!), high) +
      imul(imul(near, samples[bottom + left]!) + imul(far, samples[bottom + right]!), low)
  }
}

/** Writes a row of the input. */
function mixRow(
  u: Int32Array,
  v: Int32Array,
  w: Int32Array,
  [[a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3]]: Rows,
  input: InputArray,
  start: number,
  step: number,
  channel: number,
): void {
  const third = 2 * channel
  for (let x = 0, at = start; x < u.length; x++, at += step) {
    const p = u[x]!
    const q = v[x]!
    const r = w[x]!
    input[at] = a0 * p + a1 * q + a2 * r + a3
    input[at + channel] = b0 * p + b1 * q + b2 * r + b3
    input[at + third] = c0 * p + c1 * q + c2 * r + c3
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
    across,
    down,
    stride: width,
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

type Interpolation = ReturnType<typeof interpolation>

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
