import { antialiasedWriter } from './antialiased.js'
import { type Fit, inputFit, type Region } from './fit.js'
import { float16Bits } from './float16.js'
import type { PictureInput } from './model.js'
import { type InputArray, inputWriter, type Picture, paddingOf } from './preprocess.js'

/** The input of one call, for as many pictures as the network takes at once. */
export interface FilledInput {
  readonly data: Float32Array | Uint8Array | Uint16Array
  readonly dims: readonly number[]
  readonly fit: Fit
}

/**
 * Writes regions of pictures into the network's input. Buffers and tables are reused until the sizes change.
 * @param inputSize long side of the input where the file leaves it free.
 */
export function inputBuffer(input: PictureInput, inputSize: number) {
  let size = ''
  let fit: Fit
  let floats: InputArray
  let halves: Uint16Array | undefined
  let one: number
  const write = new Map<string, ReturnType<typeof inputWriter>>()
  const isPlanar = input.layout === 'NCHW'

  return (picture: Picture, regions: readonly [Region, ...Region[]]): FilledInput => {
    const [{ width, height }] = regions
    const now = `${picture.width}x${picture.height}:${width}x${height}`
    if (now !== size) {
      size = now
      write.clear()
      fit = inputFit(width, height, inputSize, input)
      const plane = fit.inputWidth * fit.inputHeight
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
    }
    for (const [i, region] of regions.entries()) {
      const key = `${region.x},${region.y}`
      let writer = write.get(key)
      if (writer === undefined) {
        const layout = isPlanar ? { step: 1, channel: one / 3 } : { step: 3, channel: 1 }
        // To enlarge, the two are the same.
        const isReduced = fit.scaleX < 1 || fit.scaleY < 1
        const createWriter = input.resampling === 'antialiased' && isReduced ? antialiasedWriter : inputWriter
        writer = createWriter(picture, region, fit, input, layout)
        write.set(key, writer)
      }
      writer(picture.rgb, floats.subarray(i * one, (i + 1) * one))
    }
    if (halves !== undefined) float16Bits(floats, halves)
    const sides = isPlanar ? [3, fit.inputHeight, fit.inputWidth] : [fit.inputHeight, fit.inputWidth, 3]
    const dims = input.batch === undefined ? sides : [input.batch, ...sides]
    const data = floats instanceof Uint8ClampedArray ? new Uint8Array(floats.buffer) : floats
    return { data: halves ?? data, dims, fit }
  }
}
