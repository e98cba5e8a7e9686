import { describe, expect, test } from 'vitest'
import { antialiasedWriter } from '../../../dist/vision/detectors/antialiased.js'
import type { Preprocessing } from '../../../dist/vision/detectors/family.js'
import { inputFit } from '../../../dist/vision/detectors/fit.js'
import { cut } from '../../support/figures.js'

const [width, height] = [40, 30]
const rgb = new Uint8Array(width * height * 3)
for (let y = 0, at = 0; y < height; y++) {
  for (let x = 0; x < width; x++) {
    for (let color = 0; color < 3; color++) rgb[at++] = x * x * 7 + y * 31 + x * y * 3 + color * 90
  }
}

const plain: Preprocessing = {
  ...{ fit: 'stretch', pad: 0, channels: 'RGB', resampling: 'antialiased', multiple: 1 },
  mean: [0, 0, 0],
  std: [1, 1, 1],
}

/** A region of the picture, from its left, top, right and bottom, scaled to a size; interleaved. */
function scaled([left, top, right, bottom]: number[], [to = 1, lines = 1]: number[], preprocessing = plain) {
  const sizing = { fit: 'stretch', multiple: 1, width: to, height: lines } as const
  const fit = inputFit(right! - left!, bottom! - top!, 0, sizing)
  const input = new Float32Array(to * lines * 3)
  const part = cut({ width, height, rgb }, [left!, top!, right!, bottom!])
  antialiasedWriter(part, fit, preprocessing, { step: 3, channel: 1 })(part.rgb, input)
  return input
}

describe('antialiased resampling', () => {
  // Recorded: Image.fromarray(picture).crop(region).resize(size, Image.BILINEAR) of Pillow 13.0.
  test.each([
    [
      [0, 0, 40, 30],
      [6, 4],
      [
        127, 130, 129, 133, 128, 125, 131, 135, 135, 133, 133, 130, 136, 123, 125, 123, 127, 130, 133, 125,
        131, 126, 133, 122, 124, 130, 123, 133, 133, 124, 135, 132, 122, 141, 126, 119, 127, 131, 134, 127,
        132, 129, 128, 128, 123, 128, 124, 122, 136, 135, 124, 138, 131, 119, 130, 133, 121, 128, 131, 123,
        127, 133, 131, 124, 131, 131, 139, 133, 111, 132, 138, 116,
      ],
    ],
    [
      [10, 3, 37, 23],
      [5, 3],
      [
        128, 133, 129, 132, 133, 137, 131, 136, 128, 132, 124, 125, 134, 113, 131, 120, 137, 117, 124, 125,
        122, 133, 133, 121, 130, 135, 126, 148, 130, 110, 128, 129, 120, 127, 125, 119, 126, 122, 122, 132,
        132, 127, 140, 135, 115,
      ],
    ],
    [
      [0, 0, 4, 2],
      [3, 5],
      [
        2, 92, 182, 18, 108, 198, 53, 143, 233, 5, 95, 185, 21, 111, 201, 57, 147, 219, 18, 108, 198, 36, 126,
        216, 73, 163, 163, 31, 121, 211, 50, 140, 230, 88, 178, 106, 34, 124, 214, 53, 143, 233, 92, 182, 92,
      ],
    ],
  ])('scales %j to %j as Pillow does', (region, size, recorded) => {
    // Otherwise a network would see another picture than in its training, and find fewer players.
    const found = scaled(region, size)
    expect(found).toHaveLength(recorded.length)
    for (const [i, value] of recorded.entries()) expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1)
  })

  test('normalizes in the order of the channels', () => {
    // Otherwise colors would be swapped or shifted.
    const values = scaled([0, 0, 40, 30], [2, 2])
    const changes = { channels: 'BGR', mean: [10, 20, 30], std: [1, 2, 4] } as const
    const changed = scaled([0, 0, 40, 30], [2, 2], { ...plain, ...changes })
    for (let at = 0; at < values.length; at += 3) {
      const [red, green, blue] = values.subarray(at, at + 3)
      expect(changed[at]).toBeCloseTo(blue! - 10, 3)
      expect(changed[at + 1]).toBeCloseTo((green! - 20) / 2, 3)
      expect(changed[at + 2]).toBeCloseTo((red! - 30) / 4, 3)
    }
  })
})

describe('fitting a picture into the input', () => {
  const sides = (width: number, height: number) => ({
    ...{ x: 0, y: 0, width, height },
    ...{ inputWidth: width, inputHeight: height },
  })

  test('stretches it to the whole input, a square where the size is free', () => {
    // Otherwise a transformer would see players of other proportions than in its training.
    const square = inputFit(1920, 1080, 640, { fit: 'stretch', multiple: 32 })
    expect(square).toEqual({ ...sides(640, 640), scaleX: 1 / 3, scaleY: 16 / 27 })
    const fixed = inputFit(1920, 1080, 640, { fit: 'stretch', multiple: 32, width: 96, height: 64 })
    expect(fixed).toMatchObject(sides(96, 64))
  })

  test('leaves its size to a network that resizes, unless the file fixes it', () => {
    // Otherwise pictures would be scaled twice.
    const own = inputFit(321, 180, 640, { fit: 'none', multiple: 1 })
    expect(own).toEqual({ ...sides(321, 180), scaleX: 1, scaleY: 1 })
    const fixed = inputFit(320, 180, 640, { fit: 'none', multiple: 1, width: 640, height: 640 })
    expect(fixed).toMatchObject(sides(640, 640))
  })
})
