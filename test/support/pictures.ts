import type { Frame } from '../../dist/types.js'
import { pictureOf } from '../../dist/vision/imaging/planes.js'

export { pictureOf }

/** A frame of interleaved RGB, in shared memory. */
export function frameOf(pixels: Parameters<typeof pictureOf>[0], index = 0, ptsMs = 0): Frame {
  const picture = pictureOf(pixels)
  const planes = new Uint8Array(new SharedArrayBuffer(picture.planes.length))
  planes.set(picture.planes)
  return { index, ptsMs, ...picture, planes }
}
