import type { Frame, Picture, Pixels } from '../../dist/types.js'
import { rgbPlanes } from '../../dist/vision/imaging/planes.js'

/** Planes of green, blue and red. */
function planesOf({ width, height, rgb }: Omit<Pixels, 'rgb'> & { readonly rgb: Uint8Array }) {
  const size = width * height
  const planes = new Uint8Array(new SharedArrayBuffer(size * 3))
  for (let i = 0, p = 0; i < size; i++, p += 3) {
    planes[i] = rgb[p + 1]!
    planes[size + i] = rgb[p + 2]!
    planes[2 * size + i] = rgb[p]!
  }
  return { width, height, planes, encoding: rgbPlanes }
}

type Rgb = Parameters<typeof planesOf>[0]

/** A picture of interleaved RGB. */
export const pictureOf = (pixels: Rgb): Picture => planesOf(pixels)

/** A frame of interleaved RGB. */
export const frameOf = (pixels: Rgb, index = 0, ptsMs = 0): Frame => ({ index, ptsMs, ...planesOf(pixels) })
