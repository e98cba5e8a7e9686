import { expect, test } from 'vitest'
import { sharpnessFilter } from '../../dist/operators/sharpness-filter.js'
import type { Crop } from '../../dist/types.js'
import { blur } from '../../dist/vision/imaging/blur.js'
import { lumaOf } from '../../dist/vision/imaging/luma.js'
import { sharpnessOf } from '../../dist/vision/imaging/sharpness.js'
import { disc, dropping } from '../support/crops.js'
import { cut, drawScene, kits } from '../support/figures.js'

/** A crop of a player of this height, blurred by a share of it. */
function player(height: number, blurShare = 0): Crop {
  const scene = drawScene({
    width: 2 * height,
    height: 2 * height,
    figures: [{ x: height, y: 1.6 * height, height, stride: 1, kit: kits.red }],
  })
  const [drawn] = scene.players
  if (drawn === undefined) throw new Error('a scene without a player')
  const pixels = cut(scene, drawn.xyxy)
  if (blurShare > 0) blur(pixels.rgb, pixels.width, pixels.height, blurShare * height)
  return { ...disc(), ...pixels, detection: { ...disc().detection, xyxy: drawn.xyxy } }
}
const sharpness = (crop: Crop) => sharpnessOf(lumaOf(crop), [0, 0, crop.width, crop.height])

test('a blurred crop is dropped and counted, a sharp one passes unchanged', async () => {
  // Otherwise a model would learn from blurred pictures, or the option would lose players silently.
  const [sharp, blurred] = [player(100), player(100, 0.04)]
  const threshold = (sharpness(sharp) + sharpness(blurred)) / 2
  const filter = await sharpnessFilter.step({ minSharpness: threshold })
  const context = dropping()
  expect(await filter(sharp, context)).toEqual([sharp])
  expect(await filter(blurred, context)).toEqual([])
  expect(context.dropped).toEqual({ blurred: 1 })
})

test('the threshold means the same for near and far players', () => {
  // Otherwise one threshold would drop all distant players, or no near and blurred ones.
  const heights = [40, 60, 100, 200]
  const sharp = heights.map(height => sharpness(player(height)))
  const blurred = heights.map(height => sharpness(player(height, 0.04)))
  expect(Math.max(...blurred)).toBeLessThan(0.3 * Math.min(...sharp))
  // A far player has fewer pixels to be sharp with.
  expect(Math.max(...sharp)).toBeLessThan(3 * Math.min(...sharp))
  expect(Math.max(...blurred)).toBeLessThan(2 * Math.min(...blurred))
})

test('it is not in the graph by default', () => {
  // Otherwise it would change every dataset.
  expect(sharpnessFilter.settings.minSharpness.default).toBe(0)
  const context = {} as Parameters<typeof sharpnessFilter.configured>[1]
  expect(sharpnessFilter.configured({ minSharpness: 0 }, context)).toBeUndefined()
  expect(sharpnessFilter.configured({ minSharpness: 5 }, context)).toMatchObject({
    options: { minSharpness: 5 },
  })
})
