import { expect, test } from 'vitest'
import { type AugmentOptions, augment } from '../../dist/operators/augment.js'
import type { DatasetCrop } from '../../dist/types.js'
import { disc, dropping } from '../support/crops.js'

const defaults: AugmentOptions = { variants: 3, fill: [0, 0, 0], seed: '0' }
const augmented = async (crop: DatasetCrop, options: Partial<AugmentOptions> = {}) =>
  (await augment.step({ ...defaults, ...options }))(crop, dropping())

test('adds variants to a train crop and leaves a val crop unchanged', async () => {
  // Otherwise the model would be validated on artificial pictures.
  const train = await augmented(disc())
  expect(train.map(crop => crop.augmentation)).toEqual([0, 1, 2, 3])
  expect(train[0]!.rgb).toEqual(disc().rgb)
  expect(await augmented(disc({ subset: 'val' }))).toHaveLength(1)
})

test('the same seed and crop give the same pixels, another seed or crop different ones', async () => {
  // Otherwise two runs would differ, or all crops would be changed in the same way.
  const [a, b] = [await augmented(disc()), await augmented(disc())]
  expect(a.map(crop => crop.rgb)).toEqual(b.map(crop => crop.rgb))
  const others = [
    await augmented(disc(), { seed: '1' }),
    await augmented(disc({ key: 'track_2/crop_frame_4_det_0' })),
  ]
  for (const other of others) expect(other[1]!.rgb).not.toEqual(a[1]!.rgb)
  expect(a[1]!.rgb).not.toEqual(a[2]!.rgb)
})

test('a variant is changed but still shows the player', async () => {
  // Otherwise augmentation could destroy the picture: the strength of each change is bounded.
  const variants = (await augmented(disc(), { variants: 50 })).slice(1)
  for (const { rgb } of variants) {
    let lit = 0
    for (let p = 0; p < rgb.length; p += 3) if (rgb[p]! + rgb[p + 1]! + rgb[p + 2]! > 60) lit++
    const share = lit / (40 * 80)
    // The disc covers 0.41 of the crop; a shift can remove a part of it, an erased rectangle can add to it.
    expect(share).toBeGreaterThan(0.25)
    expect(share).toBeLessThan(0.65)
  }
  expect(new Set(variants.map(({ rgb }) => rgb.join())).size).toBe(50)
})

test('areas without pixels are filled with the given color', async () => {
  // Otherwise the corners of a rotated crop would have a color that the background never has.
  const fill = [10, 20, 30] as const
  const crop = disc()
  for (let i = 0; i < crop.mask!.length; i++) if (crop.mask![i] === 0) crop.rgb.set(fill, i * 3)
  const variants = (await augmented(crop, { variants: 30, fill })).slice(1)
  const corners = variants.map(({ rgb }) => [...rgb.subarray(0, 3)])
  // An erased rectangle sometimes covers a corner.
  expect(corners.filter(corner => corner.join() === fill.join()).length).toBeGreaterThan(24)
})
