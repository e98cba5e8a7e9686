import type { Picture, Pixels } from '../../types.js'

/** The brightness of each pixel: `(sample - black) * gain` is from 0 to 255. */
export interface Luma {
  readonly width: number
  readonly height: number
  readonly samples: Uint8Array
  readonly black: number
  readonly gain: number
}

/** Of a picture: its first plane, which is luma, or green. Nothing is copied. */
export function lumaPlane({ width, height, planes, encoding: { fullRange } }: Picture): Luma {
  const samples = planes.subarray(0, width * height)
  return fullRange
    ? { width, height, samples, black: 0, gain: 1 }
    : { width, height, samples, black: 16, gain: 255 / 219 }
}

/** Of RGB: ITU-R BT.601, in 256ths. */
export function lumaOf({ width, height, rgb }: Pixels): Luma {
  const samples = new Uint8Array(width * height)
  for (let i = 0, p = 0; i < samples.length; i++, p += 3) {
    samples[i] = (77 * rgb[p]! + 150 * rgb[p + 1]! + 29 * rgb[p + 2]! + 128) >> 8
  }
  return { width, height, samples, black: 0, gain: 1 }
}
