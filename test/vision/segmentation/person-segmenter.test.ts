import { beforeAll, describe, expect, it } from 'vitest'
import type { Crop } from '../../../dist/types.js'
import { loadPersonModel } from '../../../dist/vision/segmentation/person-model.js'
import { PersonSegmenter } from '../../../dist/vision/segmentation/person-segmenter.js'
import { isPlausible } from '../../../dist/vision/segmentation/plausible-mask.js'
import { cut, type Drawn, drawScene, type Kit, kits, maskIou, type Rgb } from '../../support/figures.js'
import { frameOf } from '../../support/pictures.js'

let segmenter: PersonSegmenter
beforeAll(async () => {
  segmenter = await PersonSegmenter.open(await loadPersonModel())
})

type Floor = readonly [Rgb, Rgb]
const ice: Floor = [
  [222, 228, 232],
  [214, 222, 228],
]
const wood: Floor = [
  [196, 150, 100],
  [186, 140, 92],
]

const drawn = (kit: Kit, grass: Floor, height: number, neighbor?: number) =>
  drawScene({
    ...{ width: 260, height: 200, grass },
    figures: [
      ...(neighbor === undefined ? [] : [{ x: neighbor, y: 168, height, stride: 2.4, kit: kits.red }]),
      { x: 120, y: 170, height, stride: 1.2, kit },
    ],
  })

/** The crop of the last figure, as the crop step makes it. */
function cropOf(picture: Drawn, stored = false): Crop {
  const { xyxy } = picture.players.at(-1)! // one at least
  const origin = { frame: frameOf(picture), x: xyxy[0], y: xyxy[1] }
  return {
    ...cut(picture, xyxy),
    ...{ key: 'track_1/crop_frame_0_det_0', frameIndex: 0, ptsMs: 0 },
    detection: { xyxy, confidence: 0.9, classId: 0, trackId: 1 },
    origin: stored ? undefined : origin,
  }
}

async function iouOf(picture: Drawn, stored = false): Promise<number> {
  const mask = await segmenter.segment(cropOf(picture, stored))
  return maskIou(mask, picture.players.at(-1)!.mask) // one at least
}

describe('the mask of a network', () => {
  // Otherwise crops from a rink or a hall would keep their background, or show half a player.
  it.each<[string, Kit, Floor, number, number]>([
    ['in white on ice', kits.white, ice, 110, 0.8],
    ['on ice', kits.red, ice, 110, 0.85],
    ['on wood', kits.white, wood, 110, 0.9],
    ['60 pixels tall', kits.white, wood, 60, 0.85],
  ])('finds a player %s', async (_, kit, floor, height, least) => {
    expect(await iouOf(drawn(kit, floor, height))).toBeGreaterThan(least)
  })

  // Otherwise a run from crops, which has no frames, would keep all backgrounds.
  it('finds the player of a stored crop', async () => {
    expect(await iouOf(drawn(kits.white, wood, 110), true)).toBeGreaterThan(0.85)
  })

  // Otherwise two identities would be in one crop.
  it('leaves out a player beside the one of the box', async () => {
    const picture = drawn(kits.white, wood, 110, 158)
    const [other, own] = picture.players
    const crop = cropOf(picture)
    const mask = await segmenter.segment(crop)
    let [seen, kept] = [0, 0]
    for (let y = 0; y < crop.height; y++) {
      for (let x = 0; x < crop.width; x++) {
        const [u, v] = [x + own!.xyxy[0] - other!.xyxy[0], y + own!.xyxy[1] - other!.xyxy[1]]
        const width = other!.xyxy[2] - other!.xyxy[0] // two were drawn
        const isOther = u >= 0 && u < width && v >= 0 && other!.mask[v * width + u] === 255 // two were drawn
        const isOwn = own!.mask[y * crop.width + x] === 255 // two were drawn
        if (!isOther || isOwn) continue
        seen++
        if (mask?.[y * crop.width + x] === 255) kept++
      }
    }
    expect(seen).toBeGreaterThan(50)
    expect(kept / seen).toBeLessThan(0.3)
  })

  // Otherwise a padded crop, or one at the border of the frame, would have a shifted mask.
  it('lies where the player is in a wider crop, and at the border of the frame', async () => {
    const picture = drawn(kits.white, wood, 110)
    const [x1, y1, x2, y2] = picture.players[0]!.xyxy // one was drawn
    const wide = [x1 - 9, y1 - 5, x2 + 3, y2 + 7] as const
    const crop = cropOf(picture)
    const padded = {
      ...{ ...crop, ...cut(picture, wide) },
      origin: { frame: frameOf(picture), x: wide[0], y: wide[1] },
    }
    const [whole, tight] = [await segmenter.segment(padded), await segmenter.segment(crop)]
    const across = wide[2] - wide[0]
    const inside = tight?.map((_, i) => {
      const [x, y] = [i % crop.width, Math.floor(i / crop.width)]
      return whole?.[(y + 5) * across + x + 9] ?? 0
    })
    expect(inside).toEqual(tight)
    const cornered = cut(picture, [x1 - 2, y1 - 2, x2 + 2, y2 + 2])
    const moved = {
      ...cornered,
      players: [{ xyxy: [2, 2, x2 - x1 + 2, y2 - y1 + 2], mask: picture.players[0]!.mask }],
    } // one was drawn
    expect(await iouOf(moved as unknown as Drawn)).toBeGreaterThan(0.85)
  })

  // Otherwise a crop of which all was painted over, or the half of a player, would go into the dataset.
  it.each<[string, boolean, (x: number, y: number) => boolean]>([
    ['is believed if it covers a person', true, (x, y) => x >= 10 && x < 30 && y >= 5 && y < 95],
    ['is not believed if it is empty', false, () => false],
    ['is not believed if it is full', false, () => true],
    ['is not believed if it has a few pixels', false, (x, y) => x === 20 && y > 0],
    ['is not believed if it ends at the waist', false, (_, y) => y < 55],
  ])('%s', (_, expected, covers) => {
    const [width, height] = [40, 100]
    const mask = Uint8Array.from({ length: width * height }, (_, i) =>
      covers(i % width, Math.floor(i / width)) ? 255 : 0,
    )
    const xyxy = [0, 0, width, height] as const
    expect(isPlausible(mask, { width, height, rgb: new Uint8Array(), detection: { xyxy } })).toBe(expected)
  })

  // Otherwise crops of one frame, which a worker handles at once, would get each other's masks.
  it('is the same for crops one by one and all at once', async () => {
    const crops = [ice, wood].flatMap(floor =>
      [70, 110].map(height => cropOf(drawn(kits.red, floor, height))),
    )
    const one: unknown[] = []
    for (const crop of crops) one.push(await segmenter.segment(crop))
    expect(await Promise.all(crops.map(crop => segmenter.segment(crop)))).toEqual(one)
  })
})
