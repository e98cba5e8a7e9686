import { antialiasedWriter } from './antialiased.js'
import type { Together } from './calls.js'
import { type Fit, inputFit, type Region } from './fit.js'
import { float16Bits } from './float16.js'
import type { PictureInput } from './model.js'
import { opencvResizeWriter } from './opencv-resize.js'
import { type InputArray, inputWriter, type Picture, paddingOf } from './preprocess.js'

/** The input of one call, for as many pictures as the network takes at once. */
export interface FilledInput {
  readonly data: Float32Array | Uint8Array | Uint16Array
  readonly dims: readonly number[]
  /** Where each region lies in its part of the input. */
  readonly fits: readonly Fit[]
}

/**
 * Writes regions of a picture into the input of one call: the same regions for all pictures of one size, whose inputs
 * have the same sides. Buffers and tables are reused until the size of the picture changes.
 * @param inputSize long side of the input where the file leaves it free.
 */
export function inputBuffer(input: PictureInput, inputSize: number) {
  let size = ''
  let fits: readonly Fit[]
  let floats: InputArray
  let halves: Uint16Array | undefined
  let one: number
  let writers: readonly ReturnType<typeof inputWriter>[]
  let sides: readonly number[]
  const isPlanar = input.layout === 'NCHW'

  return (picture: Picture, regions: Together): FilledInput => {
    const now = `${picture.width}x${picture.height}`
    if (now !== size) {
      size = now
      const fitOf = ({ width, height }: Region) => inputFit(width, height, inputSize, input)
      const { inputWidth, inputHeight } = fitOf(regions[0])
      fits = regions.map(fitOf)
      const plane = inputWidth * inputHeight
      one = 3 * plane
      const all = one * (input.batch ?? 1)
      floats = input.type === 'uint8' ? new Uint8ClampedArray(all) : new Float32Array(all)
      const padding = paddingOf(input)
      // Without padding values the loop would still be right, but zero is what a new array holds.
      if (padding.some(value => value !== 0)) {
        for (let at = 0; at < all; at++)
          floats[at] = padding[isPlanar ? Math.floor((at % one) / plane) : at % 3]!
      }
      halves = input.type === 'float16' ? new Uint16Array(all) : undefined
      const layout = isPlanar ? { step: 1, channel: plane } : { step: 3, channel: 1 }
      writers = regions.map((region, i) => {
        const fit = fits[i]! // one for each region
        return writerFor(input.resampling, fit)(picture, region, fit, input, layout)
      })
      sides = isPlanar ? [3, inputHeight, inputWidth] : [inputHeight, inputWidth, 3]
    }
    for (const [i, write] of writers.entries()) write(picture.rgb, floats.subarray(i * one, (i + 1) * one))
    if (halves !== undefined) float16Bits(floats, halves)
    const dims = input.batch === undefined ? sides : [input.batch, ...sides]
    const data = floats instanceof Uint8ClampedArray ? new Uint8Array(floats.buffer) : floats
    return { data: halves ?? data, dims, fits }
  }
}

function writerFor(resampling: PictureInput['resampling'], { scaleX, scaleY }: Fit): typeof inputWriter {
  if (resampling === 'opencv-resize') return opencvResizeWriter
  // To enlarge, antialiasing changes nothing.
  return resampling === 'antialiased' && (scaleX < 1 || scaleY < 1) ? antialiasedWriter : inputWriter
}
