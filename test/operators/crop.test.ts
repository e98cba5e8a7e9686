import { expect, test } from 'vitest'
import { crop } from '../../dist/operators/crop.js'
import type { Crop, Xyxy } from '../../dist/types.js'
import { chart, dropping } from '../support/crops.js'

const cut = async (boxes: Xyxy[], options = {}) => {
  const context = dropping()
  const { padding, minHeight } = crop.settings
  const make = await crop.step({ padding: padding.default, minHeight: minHeight.default, ...options })
  const detections = boxes.map((xyxy, i) => ({ xyxy, confidence: 0.9, classId: 0, trackId: i + 7 }))
  const frame = chart()
  const crops: readonly Crop[] = await make(
    { frame, detections, tracks: { opened: boxes.length, closed: 0, cuts: 0 } },
    context,
  )
  return { crops, dropped: context.dropped, frame }
}
/** Position in the frame of a pixel of a crop. */
const origin = ({ rgb, width }: Crop, x: number, y: number) => [
  ...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 2),
]

test('cuts out all pixels that a box touches', async () => {
  // Otherwise crops would be shifted relative to their boxes, or lose the feet.
  const { crops } = await cut([[10.4, 20.6, 30.2, 60]])
  expect(crops[0]).toMatchObject({ width: 21, height: 40, key: 'track_7/crop_frame_4_det_0' })
  expect(origin(crops[0]!, 0, 0)).toEqual([10, 20])
  expect(origin(crops[0]!, 20, 39)).toEqual([30, 59])
})

test('a box that extends over the frame is clipped', async () => {
  // Otherwise rows would wrap around to the other side of the frame.
  const { crops } = await cut([[-10, 40, 15, 200]])
  expect(crops[0]).toMatchObject({ width: 15, height: 40 })
  expect(origin(crops[0]!, 0, 39)).toEqual([0, 79])
})

test('padding adds its share on each side', async () => {
  // Otherwise the option would have no effect, or different ones per side.
  const { crops } = await cut([[40, 20, 60, 60]], { padding: 0.1 })
  expect(crops[0]).toMatchObject({ width: 24, height: 48 })
  expect(origin(crops[0]!, 0, 0)).toEqual([38, 16])
})

test('boxes that are too small are dropped and counted, and the others keep their index', async () => {
  // Otherwise tiny crops would be in the dataset, or names would not match detections.json.
  const { crops, dropped } = await cut([
    [0, 0, 10, 10],
    [20, 20, 40, 60],
    [50, 10, 53, 70],
  ])
  expect(dropped).toEqual({ too_small: 2 })
  expect(crops.map(crop => crop.key)).toEqual(['track_8/crop_frame_4_det_1'])
})

test('a crop has a copy of its pixels', async () => {
  // Otherwise it would show the next frame once the slot is reused.
  const { crops, frame } = await cut([[10, 20, 30, 60]])
  frame.planes.fill(0)
  expect(origin(crops[0]!, 0, 0)).toEqual([10, 20])
})
