import { describe, expect, it } from 'vitest'
import { removeBackground } from '../../dist/operators/remove-background.js'
import type { Crop, Xyxy } from '../../dist/types.js'
import { loadPersonModel, type PersonModel } from '../../dist/vision/segmentation/person-model.js'
import { fitSurface } from '../../dist/vision/surface/fit-surface.js'
import { noSurface, type SurfaceModel } from '../../dist/vision/surface/surface-model.js'
import {
  cut,
  type Drawn,
  drawScene,
  type Kit,
  kits,
  maskIou,
  type Rgb,
  type Scene,
} from '../support/figures.js'
import { pictureOf } from '../support/pictures.js'

/** One player in the middle of a pitch, in several poses. */
const game = (kit: Kit, scene: Partial<Scene> = {}, height = 110) =>
  [0.2, 1.2, 2.4, 3.6, 4.8].map((stride, i) =>
    drawScene({
      width: 260,
      height: 200,
      figures: [{ x: 120, y: 170, height, stride, kit }],
      seed: i + 1,
      ...scene,
    }),
  )

const context = { drop() {}, count() {}, flag() {} }

async function remove(
  picture: Drawn,
  surface: SurfaceModel,
  replacementColor?: Rgb,
  person?: PersonModel,
  flag = () => {},
) {
  const xyxy: Xyxy = picture.players[0]!.xyxy // one player per picture in these tests
  const crop: Crop = {
    ...cut(picture, xyxy),
    key: 'track_1/crop_frame_0_det_0',
    frameIndex: 0,
    ptsMs: 0,
    detection: { xyxy, confidence: 0.9, classId: 0, trackId: 1 },
  }
  const before = crop.rgb.slice()
  const standard = removeBackground.settings.replacementColor.default
  const run = await removeBackground.step({ surface, person, replacementColor: replacementColor ?? standard })
  const [output] = await run(crop, { ...context, flag })
  if (output?.mask === undefined) throw new Error('a crop without a mask')
  return { before, rgb: output.rgb, mask: output.mask }
}

async function meanIou(pictures: readonly Drawn[]): Promise<number> {
  const surface = fitSurface(pictures.map(pictureOf), { topCropRatio: 0.3 })
  let sum = 0
  for (const picture of pictures)
    sum += maskIou((await remove(picture, surface)).mask, picture.players[0]!.mask)
  return sum / pictures.length
}

describe('background removal', () => {
  // Otherwise a broken part of the segmentation would go unnoticed: thresholds are a few hundredths below the results.
  it.each([
    ['a red shirt', kits.red, 0.9],
    ['white shirt and socks', kits.white, 0.9],
  ])('finds a player with %s', async (_, kit, least) => {
    expect(await meanIou(game(kit))).toBeGreaterThan(least)
  })

  // Otherwise rules in pixels instead of shares of the crop would fail on small players, most of a broadcast.
  it('finds a player 60 pixels tall', async () => {
    expect(await meanIou(game(kits.red, {}, 60))).toBeGreaterThan(0.85)
  })

  // Otherwise shorts and socks in the green of the pitch would be removed: by color alone, the score is 0.65.
  it('keeps shorts and socks in the green of the pitch', async () => {
    expect(await meanIou(game(kits.green))).toBeGreaterThan(0.8)
  })

  // Otherwise the edge of a mowing stripe or a shadow through the crop would leave half of its grass.
  it.each<[string, Partial<Scene>]>([
    ['edges of mowing stripes', { stripeWidth: 23 }],
    ['the edge of a shadow', { shadowFrom: 115 }],
  ])('is robust against %s', async (_, scene) => {
    expect(await meanIou(game(kits.red, scene))).toBeGreaterThan(0.88)
  })

  // Otherwise a line would connect the player to the borders of the crop, and be equal in all crops of one place.
  it.each<[string, Scene['lines']]>([
    ['level, under the feet', [{ from: [0, 168], to: [260, 163], width: 5 }]],
    ['level, behind white socks', [{ from: [0, 150], to: [260, 150], width: 5 }]],
    ['slanting, behind the body', [{ from: [60, 190], to: [190, 60], width: 6 }]],
  ])('removes a line %s', async (_, lines) => {
    const pictures = game(kits.white, lines === undefined ? {} : { lines })
    expect(await meanIou(pictures)).toBeGreaterThan(0.85)
  })

  // Otherwise crops of players at the far touchline would show advertising boards.
  it('removes an advertising board behind a player at the touchline', async () => {
    const pictures = game(kits.red, { horizon: 118, height: 300 })
    const surface = fitSurface(pictures.map(pictureOf))
    for (const picture of pictures.slice(0, 2)) {
      const { mask } = await remove(picture, surface)
      expect(maskIou(mask, picture.players[0]!.mask)).toBeGreaterThan(0.7)
    }
  })

  // Otherwise a shirt number in the green of the pitch would be a hole.
  it('keeps green areas inside the player', async () => {
    const pictures = game(kits.red)
    const surface = fitSurface(pictures.map(pictureOf), { topCropRatio: 0.3 })
    const picture = pictures[0]!
    const [x, y] = [118, 98]
    for (let v = y; v < y + 8; v++)
      for (let u = x; u < x + 6; u++) picture.rgb.set([86, 148, 66], (v * 260 + u) * 3)
    const { mask } = await remove(picture, surface)
    const [x1, y1, x2] = picture.players[0]!.xyxy
    expect(mask[(y + 4 - y1) * (x2 - x1) + x + 3 - x1]).toBe(255)
  })

  // Otherwise tiny and blurred players, of whom the network finds a part or nothing, would keep their background on grass.
  it('takes the colors where the mask of the network cannot be a person', async () => {
    const pictures = game(kits.red)
    const surface = fitSurface(pictures.map(pictureOf), { topCropRatio: 0.3 })
    const picture = pictures[0]!
    const [x1, y1, x2, y2] = picture.players[0]!.xyxy
    // A bar, which is nobody for the network.
    for (let y = y1; y < y2; y++)
      for (let x = x1; x < x2; x++) {
        const isBar = Math.abs(2 * x - x1 - x2) < 0.6 * (x2 - x1)
        picture.rgb.set(isBar ? [190, 30, 40] : [74, 136, 58], (y * 260 + x) * 3)
      }
    let rejected = 0
    const masks = async (surface: SurfaceModel) =>
      (await remove(picture, surface, undefined, await loadPersonModel(), () => rejected++)).mask
    const kept = await masks(noSurface('none'))
    expect([rejected, kept.includes(0)]).toEqual([1, false])
    const mask = await masks(surface)
    expect([rejected, mask.includes(0), mask.includes(255)]).toEqual([1, true, true])
  })

  // Otherwise grass between the legs of a runner whose feet are before each other would go into the dataset.
  it('leaves out what is seen between the legs', async () => {
    const pictures = game(kits.red)
    const surface = fitSurface(pictures.map(pictureOf), { topCropRatio: 0.3 })
    const picture = pictures[0]!
    const [x1, y1, x2, y2] = picture.players[0]!.xyxy
    const [width, height] = [x2 - x1, y2 - y1]
    const paint = (left: number, top: number, right: number, bottom: number, color: Rgb) => {
      for (let y = Math.round(y1 + top * height); y < y1 + bottom * height; y++)
        for (let x = Math.round(x1 + left * width); x < x1 + right * width; x++)
          picture.rgb.set(color, (y * 260 + x) * 3)
    }
    paint(0, 0, 1, 1, [74, 136, 58])
    paint(0.2, 0.05, 0.8, 0.95, [190, 30, 40])
    paint(0.4, 0.65, 0.6, 0.85, [74, 136, 58])
    const { mask } = await remove(picture, surface)
    const at = (x: number, y: number) => mask[Math.floor(y * height) * width + Math.floor(x * width)]
    expect([at(0.5, 0.75), at(0.3, 0.75), at(0.5, 0.4)]).toEqual([0, 255, 255])
  })

  // Otherwise readers could not detect the background by its exact color, or pixels of the player would be changed.
  it('fills everything outside the mask with the exact replacement color, and changes nothing inside', async () => {
    const [picture] = game(kits.red)
    const color: Rgb = [255, 0, 255]
    const { before, rgb, mask } = await remove(
      picture!,
      fitSurface([pictureOf(picture!)], { topCropRatio: 0.3 }),
      color,
    )
    for (let i = 0; i < mask.length; i++) {
      const expected = mask[i] === 0 ? color : [...before.subarray(3 * i, 3 * i + 3)]
      expect([...rgb.subarray(3 * i, 3 * i + 3)]).toEqual(expected)
    }
  })

  // Otherwise crops from a hall would have random holes.
  it('removes nothing when no playing surface was found', async () => {
    const [picture] = game(kits.red, {
      grass: [
        [120, 120, 120],
        [120, 120, 120],
      ],
    })
    const { before, rgb, mask } = await remove(picture!, fitSurface([pictureOf(picture!)]))
    expect(mask.every(value => value === 255)).toBe(true)
    expect(Buffer.compare(rgb, before)).toBe(0)
  })

  // Otherwise a typo in the color would give wrong crops.
  it('refuses an invalid color', () => {
    const surface = fitSurface(game(kits.red).slice(0, 1).map(pictureOf))
    expect(() => removeBackground({ surface, replacementColor: [0, 0, 300] })).toThrow(
      /^Expected three whole numbers/,
    )
    expect(removeBackground({ surface }).options).toMatchObject({ replacementColor: [124, 116, 104] })
  })
})
