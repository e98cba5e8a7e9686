import { expect, test } from 'vitest'
import { opencvResizeWriter } from '../../../dist/vision/detectors/opencv-resize.js'

/** A picture that a formula makes, so that no file is needed. */
const width = 37
const height = 23
const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 97 + ((i * i) >> 3)) & 255)

test.each([
  [
    [19, 12],
    [
      43, 127, 85, 76, 139, 204, 153, 118, 132, 110, 71, 209, 180, 163, 152, 77, 94, 17, 109, 76, 113, 211,
      140, 163, 160, 173, 153, 38, 88, 163, 133, 78, 222, 41, 81, 126, 83, 180, 226, 135, 63, 66, 169, 194,
      107, 197, 79, 188, 226, 86, 107, 142, 78, 62, 126, 121, 110, 178, 116, 99,
    ],
  ],
  [
    [50, 31],
    [
      88, 51, 112, 126, 88, 177, 121, 58, 133, 137, 115, 94, 152, 125, 208, 229, 82, 65, 141, 103, 55, 115,
      207, 69, 145, 85, 103, 112, 118, 110, 94, 71, 145, 194, 64, 185, 176, 133, 132, 153, 63, 167, 134, 141,
      74, 71, 84, 202, 166, 182, 73, 118, 116, 143, 110, 157, 196, 109, 176, 72,
    ],
  ],
] as const)('scales to %j as cv2.resize does, to the level', ([w, h], recorded) => {
  // Otherwise an exact resize would move one box in thirty of a network trained with OpenCV.
  const scaled = new Float32Array(w * h * 3)
  const fit = { x: 0, y: 0, width: w, height: h, inputWidth: w, inputHeight: h, scaleX: 1, scaleY: 1 }
  const plain = { mean: [0, 0, 0], std: [1, 1, 1] } as const
  const preprocessing = { ...plain, fit: 'stretch', pad: 0, multiple: 1 } as const
  opencvResizeWriter(
    { width, height },
    fit,
    { ...preprocessing, channels: 'RGB', resampling: 'opencv-resize' },
    { step: 3, channel: 1 },
  )(rgb, scaled)
  const off = recorded.filter(
    (value, i) => value !== scaled[Math.floor(((i + 0.5) * scaled.length) / recorded.length)],
  )
  // Its vector code rounds one value in hundreds otherwise. Exact sums differ in nine of sixty or more.
  expect(off.length).toBeLessThanOrEqual(1)
})
