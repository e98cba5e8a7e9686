import type { Picture } from '../types.js'
import { rgbPlanes } from '../vision/imaging/planes.js'

/** A gray picture of the shape of most videos. @param width in pixels. */
export function grayPicture(width: number): Picture {
  const height = Math.round((width * 9) / 16)
  return { width, height, planes: new Uint8Array(width * height * 3).fill(128), encoding: rgbPlanes }
}
