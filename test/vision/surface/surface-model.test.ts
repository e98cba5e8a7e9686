import { describe, expect, it } from 'vitest'
import { fitSurface } from '../../../dist/vision/surface/fit-surface.js'
import { surfaceLikelihood, surfaceThreshold } from '../../../dist/vision/surface/surface-model.js'
import { drawScene, kits, type Rgb, type Scene, uniform } from '../../support/figures.js'
import { pictureOf } from '../../support/pictures.js'

const pitch: Scene = {
  width: 480,
  height: 270,
  horizon: 70,
  figures: [
    { x: 100, y: 200, height: 80, stride: 1, kit: kits.red },
    { x: 300, y: 240, height: 90, stride: 2, kit: kits.white },
  ],
}

const learn = (scene: Partial<Scene> = {}, options = {}) => {
  const frames = [1, 2, 3].map(seed => pictureOf(drawScene({ ...pitch, ...scene, seed })))
  return fitSurface(frames, options)
}
const isGrass = (model: ReturnType<typeof learn>, [r, g, b]: Rgb) =>
  surfaceLikelihood(model, (r << 16) | (g << 8) | b) >= surfaceThreshold

describe('fitSurface', () => {
  // Otherwise one mean and deviation would lie between the two greens of a mown pitch, or cover all colors between.
  it('learns both greens of a striped pitch', () => {
    const model = learn({
      grass: [
        [110, 175, 75],
        [52, 104, 44],
      ],
    })
    expect(model.found).toBe(true)
    expect(isGrass(model, [110, 175, 75])).toBe(true)
    expect(isGrass(model, [52, 104, 44])).toBe(true)
    expect(model.coverage).toBeGreaterThan(0.85)
  })

  // Otherwise the shadow of a player or a stand would stay in every crop.
  it('classifies shadow on the grass as grass, even a darker one than in the samples', () => {
    const model = learn()
    expect(isGrass(model, [86 * 0.6, 148 * 0.6, 66 * 0.6])).toBe(true)
  })

  // Otherwise a model widened by objects on the pitch would remove players.
  it.each<[string, Rgb]>([
    ['a white line', [235, 240, 232]],
    ['a red shirt', [200, 40, 45]],
    ['skin', [205, 160, 130]],
    ['dark skin', [120, 80, 60]],
    ['navy shorts', [30, 30, 60]],
    ['a yellow shirt', [245, 215, 60]],
  ])('does not classify %s as grass', (_, color) => {
    expect(isGrass(learn(), color)).toBe(false)
  })

  // Otherwise surfaces of other colors would not be found: not all are green, and a hue would wrap around at red.
  it.each<[string, Rgb]>([
    ['a blue hockey pitch', [40, 90, 170]],
    ['a dry, yellowish pitch', [140, 146, 84]],
    ['a magenta mat', [180, 40, 120]],
  ])('learns %s', (_, color) => {
    const model = learn({ grass: [color, color] })
    expect(model.found).toBe(true)
    expect(isGrass(model, color)).toBe(true)
    expect(isGrass(model, [235, 240, 232])).toBe(false)
  })

  // Otherwise a model of asphalt or parquet would classify shirts and skin as ground.
  it.each<[string, Rgb, RegExp]>([
    ['gray asphalt', [120, 120, 122], /gray/],
    ['parquet', [190, 150, 105], /skin/],
  ])('refuses %s with a reason', (_, color, reason) => {
    const model = learn({ grass: [color, color] })
    expect(model.found).toBe(false)
    expect(model.reason).toMatch(reason)
  })

  // Otherwise a model of the most frequent color of a street would remove pixels at random.
  it('finds no surface if no color dominates', () => {
    const random = uniform(1)
    const rgb = Uint8Array.from({ length: 160 * 90 * 3 }, () => 256 * random())
    const model = fitSurface([pictureOf({ width: 160, height: 90, rgb })])
    expect(model.found).toBe(false)
    expect(model.reason).toMatch(/no color dominates/)
  })

  // Otherwise runs would not be reproducible, or each worker would have a copy of the table.
  it('is deterministic, in shared memory', () => {
    const [a, b] = [learn(), learn()]
    expect(a.likelihood.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(Buffer.compare(a.likelihood, b.likelihood)).toBe(0)
  })

  // Otherwise the option would have no effect, or the opposite one.
  it('classifies more colors as grass with a larger sensitivity', () => {
    const count = (sensitivity: number) =>
      learn({}, { sensitivity }).likelihood.reduce((n, l) => n + Number(l >= surfaceThreshold), 0)
    expect(count(4)).toBeGreaterThan(1.3 * count(2))
  })

  // Otherwise the sampled area could be empty, without an error.
  it.each([{ topCropRatio: -0.1 }, { topCropRatio: 0.6, bottomCropRatio: 0.5 }, { sensitivity: 0 }])(
    'refuses %o',
    options => {
      expect(() => learn({}, options)).toThrow(/^Expected .* but received/)
    },
  )
})
