import sharp from 'sharp'
import { expect, test } from 'vitest'
import { encode } from '../../dist/operators/encode.js'
import { jpegDefaults } from '../../dist/operators/jpeg.js'
import { keepFrames, keepOriginalCrops } from '../../dist/operators/keep.js'
import { chart, disc, dropping } from '../support/crops.js'

test('names a file by subset, track, frame and variant, and keeps every color', async () => {
  // Otherwise the folders would differ from those that users expect, or red shirts would be blurred.
  const toJpeg = await encode.step(jpegDefaults)
  const [file] = await toJpeg(disc({ subset: 'val' }), dropping())
  expect(file!.path).toBe('datasets/val/track_1/crop_frame_4_det_0.jpg')
  const [variant] = await toJpeg(disc({ augmentation: 2 }), dropping())
  expect(variant!.path).toBe('datasets/train/track_1/crop_frame_4_det_0_aug2.jpg')
  const { data, info } = await sharp(file!.bytes).raw().toBuffer({ resolveWithObject: true })
  expect(await sharp(file!.bytes).metadata()).toMatchObject({
    format: 'jpeg',
    chromaSubsampling: '4:4:4',
    width: 40,
  })
  const centre = (40 * info.width + 20) * 3
  const error = [180, 90, 60].map((value, c) => Math.abs(value - data[centre + c]!))
  expect(Math.max(...error)).toBeLessThan(4)
})

test('a kept crop passes unchanged, together with its file', async () => {
  // Otherwise --save-crops would change the dataset.
  const crop = disc()
  const kept = await (await keepOriginalCrops.step(jpegDefaults))(crop, dropping())
  expect(kept[1]).toBe(crop)
  expect(kept[0]).toMatchObject({ final: true, path: 'crops/original/track_1/crop_frame_4_det_0.jpg' })
  const frame = { frame: chart(), detections: [], tracks: { opened: 0, closed: 0, cuts: 0 } }
  const frames = await (await keepFrames.step(jpegDefaults))(frame, dropping())
  expect(frames[0]).toMatchObject({ final: true, path: 'selected_frames/frame_4.jpg' })
})
