import { antialiasedWriter } from './antialiased.js'
import type { Together } from './calls.js'
import { type Fit, inputFit, type Region } from './fit.js'
import { float16Bits } from './float16.js'
import type { PictureInput } from './model.js'
import { opencvResizeWriter } from './opencv-resize.js'
import { inputWriter, type Picture, paddingOf } from './preprocess.js'

/** The input of one call, for as many pictures as the network takes at once. */
export interface FilledInput {
  readonly data: Float32Array | Uint8Array | Uint16Array
  readonly dims: readonly number[]
  /** Where each region lies in its part of the input. */
  readonly fits: readonly Fit[]
}

/**
 * Creates the function that writes regions of pictures of one size into the input of one call. Their inputs have the
 * same sides.
 * @param inputSize long side of the input where the file leaves it free.
 */
export function inputBuffer(
  input: PictureInput,
  inputSize: number,
  picture: Pick<Picture, 'width' | 'height'>,
  regions: Together,
): (rgb: Uint8Array) => FilledInput {
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
  const writers = regions.map((region, i) => {
    const fit = fits[i]! // one for each region
    return writerFor(input.resampling, fit)(picture, region, fit, input, layout)
  })
  const dims = inputDims(input, fits[0]!) // one region at least
  const bytes = floats instanceof Uint8ClampedArray ? new Uint8Array(floats.buffer) : floats
  const filled = { data: halves ?? bytes, dims, fits }

  return rgb => {
    for (const [i, write] of writers.entries()) write(rgb, floats.subarray(i * one, (i + 1) * one))
    if (halves !== undefined) float16Bits(floats, halves)
    return filled
  }
}

/** The shape of an input. */
export function inputDims({ layout, batch }: PictureInput, { inputWidth, inputHeight }: Fit): number[] {
  const sides = layout === 'NCHW' ? [3, inputHeight, inputWidth] : [inputHeight, inputWidth, 3]
  return batch === undefined ? sides : [batch, ...sides]
}

function writerFor(resampling: PictureInput['resampling'], { scaleX, scaleY }: Fit): typeof inputWriter {
  if (resampling === 'opencv-resize') return opencvResizeWriter
  // To enlarge, antialiasing changes nothing.
  return resampling === 'antialiased' && (scaleX < 1 || scaleY < 1) ? antialiasedWriter : inputWriter
}
