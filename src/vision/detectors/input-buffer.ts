import type { Picture } from '../../types.js'
import { writeRgb } from '../imaging/colors.js'
import { antialiasedWriter } from './antialiased.js'
import type { Together } from './calls.js'
import { type Fit, inputFit, type Region } from './fit.js'
import { float16Bits } from './float16.js'
import type { PictureInput } from './model.js'
import { opencvResizeWriter } from './opencv-resize.js'
import { planesWriter } from './planes-writer.js'
import { type ChannelLayout, type InputArray, inputWriter, paddingOf } from './preprocess.js'

/** The input of one call, for as many pictures as the network takes at once. */
export interface FilledInput {
  readonly data: Float32Array | Uint8Array | Uint16Array
  readonly dims: readonly number[]
  /** Where each region lies in its part of the input. */
  readonly fits: readonly Fit[]
}

/**
 * Creates the function that writes regions of pictures of one size and encoding into the input of one call. Their inputs have the
 * same sides.
 * @param inputSize long side of the input where the file leaves it free.
 */
export function inputBuffer(
  input: PictureInput,
  inputSize: number,
  picture: Omit<Picture, 'planes'>,
  regions: Together,
): (picture: Picture) => FilledInput {
  const fitOf = ({ width, height }: Region) => inputFit(width, height, inputSize, input)
  const { inputWidth, inputHeight } = fitOf(regions[0])
  const fits = regions.map(fitOf)
  const plane = inputWidth * inputHeight
  const one = 3 * plane
  const all = one * (input.batch ?? 1)
  const isPlanar = input.layout === 'NCHW'
  const floats = input.type === 'uint8' ? new Uint8ClampedArray(all) : new Float32Array(all)
  const padding = paddingOf(input)
  // Without padding values the loop would still be right, but zero is what a new array holds.
  if (padding.some(value => value !== 0)) {
    for (let at = 0; at < all; at++) floats[at] = padding[isPlanar ? Math.floor((at % one) / plane) : at % 3]!
  }
  const halves = input.type === 'float16' ? new Uint16Array(all) : undefined
  const layout = isPlanar ? { step: 1, channel: plane } : { step: 3, channel: 1 }
  // One fit for each region.
  const writers = regions.map((region, i) => writerFor(picture, region, fits[i]!, input, layout))
  const dims = inputDims(input, fits[0]!) // one region at least
  const bytes = floats instanceof Uint8ClampedArray ? new Uint8Array(floats.buffer) : floats
  const filled = { data: halves ?? bytes, dims, fits }

  return given => {
    for (const [i, write] of writers.entries()) write(given, floats.subarray(i * one, (i + 1) * one))
    if (halves !== undefined) float16Bits(floats, halves)
    return filled
  }
}

/** The shape of an input. */
export function inputDims({ layout, batch }: PictureInput, { inputWidth, inputHeight }: Fit): number[] {
  const sides = layout === 'NCHW' ? [3, inputHeight, inputWidth] : [inputHeight, inputWidth, 3]
  return batch === undefined ? sides : [batch, ...sides]
}

type Writer = (picture: Picture, input: InputArray) => void

/** The networks of other projects were trained with their resizing of RGB, to the level. */
function writerFor(
  picture: Omit<Picture, 'planes'>,
  region: Region,
  fit: Fit,
  input: PictureInput,
  layout: ChannelLayout,
): Writer {
  if (input.resampling === 'bilinear') return planesWriter(picture, region, fit, input, layout)
  const pixels = { ...region, y: Math.round(region.y), height: Math.round(region.height) }
  const write = rgbWriterFor(input.resampling, fit)(pixels, fit, input, layout)
  const rgb = new Uint8Array(pixels.width * pixels.height * 3)
  return (given, values) => {
    writeRgb(given, pixels, rgb)
    write(rgb, values)
  }
}

function rgbWriterFor(resampling: PictureInput['resampling'], { scaleX, scaleY }: Fit): typeof inputWriter {
  if (resampling === 'opencv-resize') return opencvResizeWriter
  // To enlarge, antialiasing changes nothing.
  return resampling === 'antialiased' && (scaleX < 1 || scaleY < 1) ? antialiasedWriter : inputWriter
}
