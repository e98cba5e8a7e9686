import type { Picture } from '../../types.js'
import { type ColorRow, rowsToRgb } from '../imaging/colors.js'
import { chromaSize, planesOf } from '../imaging/planes.js'
import { kernels } from '../kernels/kernels.js'
import { workMemory } from '../kernels/work-memory.js'
import type { Fit, Region } from './fit.js'
import { Halving } from './halving.js'
import type { ChannelLayout, Colors, InputArray, Size } from './preprocess.js'

/** Denominator of the interpolation weights. */
const UNIT = 256
/** Sampled values are less these levels, in units of 1 / UNIT². */
const middle = 128
/** Rows of the input that are computed together: as many as stay in the cache of a core. */
const bandRows = 8

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
  const whole = { columns: 1, rows: 1, x: 0, y: 0 } as const
  const samplers = [
    sampler(picture, whole, region, fit),
    sampler(chromaSize(picture), chroma, region, fit),
    sampler(chromaSize(picture), chroma, region, fit),
  ]
  const rgb = rowsToRgb(picture.encoding)
  const ordered = channels === 'RGB' ? rgb : ([rgb[2], rgb[1], rgb[0]] as const)
  const normalized = ([a, b, c, constant]: ColorRow, place: number): ColorRow => {
    const gain = 1 / (std[place]! * UNIT ** 2)
    return [a * gain, b * gain, c * gain, (constant + middle * (a + b + c) - mean[place]!) / std[place]!]
  }
  const rows = ordered.map(normalized)
  const stride = Math.ceil(fit.width / 4) * 4
  const band = stride * bandRows

  return (given, input) => {
    const planes = planesOf(given).map((plane, i) => samplers[i]!.halved(plane))
    workMemory.reset(samplers.reduce((sum, { bytes }) => sum + bytes, 4 * band))
    const opened = samplers.map((sampler, i) => sampler.open(planes[i]!))
    const mixed = workMemory.floats(band)
    for (let y = 0; y < fit.height; y += bandRows) {
      const count = Math.min(bandRows, fit.height - y)
      const [u, v, w] = opened.map(sample => sample(y, count)) as [number, number, number]
      for (let place = 0; place < rows.length; place++) {
        const [a, b, c, d] = rows[place]!
        kernels.mixChannel(u, v, w, a, b, c, d, mixed.byteOffset, count * stride)
        const start = ((fit.y + y) * fit.inputWidth + fit.x) * step + place * channel
        copyRows(mixed, stride, fit.width, count, input, start, fit.inputWidth * step, step)
      }
    }
  }
}

/** Copies rows of one channel into the input. */
function copyRows(
  rows: Float32Array,
  stride: number,
  width: number,
  count: number,
  input: InputArray,
  start: number,
  inputStride: number,
  step: number,
): void {
  if (step === 1 && inputStride === stride && width === stride) {
    input.set(rows.subarray(0, count * stride), start)
    return
  }
  for (let y = 0; y < count; y++) {
    for (let x = 0, at = start + y * inputStride; x < width; x++, at += step)
      input[at] = rows[y * stride + x]!
  }
}

/** Samples a plane at the pixels of the input. */
function sampler(
  plane: Size,
  { columns, rows, x, y }: Picture['encoding']['chroma'],
  region: Region,
  fit: Fit,
) {
  const times = timesHalved(Math.max(region.width / columns / fit.width, region.height / rows / fit.height))
  const halvings = Halving.chain(plane, times)
  const { width, height } = halvings.at(-1) ?? plane
  const scale = 2 ** times
  // Halved samples lie between those that they are made of.
  const shift = (scale - 1) / 2
  const across = interpolation(region.x, region.width, fit.width, columns * scale, x + columns * shift, width)
  const down = interpolation(region.y, region.height, fit.height, rows * scale, y + rows * shift, height)
  const stride = Math.ceil(fit.width / 4) * 4
  const weights = Int16Array.from({ length: 2 * stride }, (_, i) => {
    const far = across.weight[i >> 1] ?? 0
    return i % 2 === 0 ? UNIT - far : far
  })
  const places = new Int32Array(3 * fit.height)
  for (let i = 0; i < fit.height; i++) places.set([down.first[i]!, down.second[i]!, down.weight[i]!], 3 * i)
  const rowsOf = (from: number, count: number) =>
    [down.first[from]!, down.second[from + count - 1]! + 1] as const
  let most = 0
  for (let from = 0; from < fit.height; from++) {
    const [first, end] = rowsOf(from, Math.min(bandRows, fit.height - from))
    most = Math.max(most, (end - first) * width)
  }

  return {
    /** Of work memory that `open` needs. */
    bytes: most + 4 * (stride * 2 + places.length) + 2 * width + 4 * stride * bandRows,
    /** The plane as it is sampled, in an array that is reused. */
    halved: (samples: Uint8Array): Uint8Array => halvings.reduce((now, halving) => halving.of(now), samples),

    /** @returns what samples rows of the input, and gives their address: with whole fours of numbers for each. */
    open(plane: Uint8Array): (from: number, count: number) => number {
      const first = workMemory.ints(stride)
      first.set(across.first)
      first.fill(0, fit.width)
      const shares = workMemory.shorts(2 * stride)
      shares.set(weights)
      const lines = workMemory.ints(places.length)
      lines.set(places)
      const given = workMemory.bytes(most)
      const line = workMemory.shorts(width + 16).byteOffset
      const sampled = workMemory.ints(stride * bandRows).byteOffset
      return (from, count) => {
        const [top, end] = rowsOf(from, count)
        given.set(plane.subarray(top * width, end * width))
        kernels.sampleRows(
          given.byteOffset - top * width,
          width,
          lines.byteOffset + 12 * from,
          count,
          first.byteOffset,
          shares.byteOffset,
          line,
          sampled,
          fit.width,
        )
        return sampled
      }
    },
  }
}

/** How often a plane is halved, so that at most two of its samples fall on one of the input. */
const timesHalved = (ratio: number): number => Math.max(0, Math.ceil(Math.log2(ratio) - 1))

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
