import { expect, test } from 'vitest'
import { type AugmentOptions, augment } from '../../dist/operators/augment.js'
import type { DatasetCrop } from '../../dist/types.js'
import { disc, dropping } from '../support/crops.js'

const defaults: AugmentOptions = { variants: 3, fill: [0, 0, 0], seed: '0' }
const augmented = async (crop: DatasetCrop, options: Partial<AugmentOptions> = {}) =>
  (await augment.step({ ...defaults, ...options }))(crop, dropping())

test('adds the variants to a train crop and leaves a val crop alone', async () => {
  // Otherwise the model would be validated on pictures that nobody took.
  const train = await augmented(disc())
  expect(train.map(crop => crop.augmentation)).toEqual([0, 1, 2, 3])
  expect(train[0]!.rgb).toEqual(disc().rgb)
  expect(await augmented(disc({ subset: 'val' }))).toHaveLength(1)
})

test('the same seed and crop give the same pixels, another seed or crop others', async () => {
  // Otherwise two runs would differ, or all crops would be turned alike.
  const [a, b] = [await augmented(disc()), await augmented(disc())]
  expect(a.map(crop => crop.rgb)).toEqual(b.map(crop => crop.rgb))
  const others = [
    await augmented(disc(), { seed: '1' }),
    await augmented(disc({ key: 'track_2/crop_frame_4_det_0' })),
  ]
  for (const other of others) expect(other[1]!.rgb).not.toEqual(a[1]!.rgb)
  expect(a[1]!.rgb).not.toEqual(a[2]!.rgb)
})

test('a variant still shows the player, changed but not beyond recognition', async () => {
  // Otherwise augmentation would make noise: the strength of each change is bounded.
  const variants = (await augmented(disc(), { variants: 50 })).slice(1)
  for (const { rgb } of variants) {
    let lit = 0
    for (let p = 0; p < rgb.length; p += 3) if (rgb[p]! + rgb[p + 1]! + rgb[p + 2]! > 60) lit++
    const share = lit / (40 * 80)
    // The disc covers 0.41 of the crop; a shift may take some of it out, an erasing rectangle may add.
    expect(share).toBeGreaterThan(0.25)
    expect(share).toBeLessThan(0.65)
  }
  expect(new Set(variants.map(({ rgb }) => rgb.join())).size).toBe(50)
})

test('what has no pixels is filled with the given color', async () => {
  // Otherwise a turned crop would bring in a color that the background never has.
  const fill = [10, 20, 30] as const
  const crop = disc()
  for (let i = 0; i < crop.mask!.length; i++) if (crop.mask![i] === 0) crop.rgb.set(fill, i * 3)
  const variants = (await augmented(crop, { variants: 30, fill })).slice(1)
  const corners = variants.map(({ rgb }) => [...rgb.subarray(0, 3)])
  // Erasing may paint over a corner, now and then.
  expect(corners.filter(corner => corner.join() === fill.join()).length).toBeGreaterThan(24)
})
