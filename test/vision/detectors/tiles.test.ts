import { beforeAll, expect, inject, test } from 'vitest'
import { seekFrames } from '../../../dist/sources/sample-frames.js'
import type { Detection, Picture, Xyxy } from '../../../dist/types.js'
import { callsFor } from '../../../dist/vision/detectors/calls.js'
import { openDetector } from '../../../dist/vision/detectors/detector.js'
import { inputBuffer } from '../../../dist/vision/detectors/input-buffer.js'
import { loadModel, type Model } from '../../../dist/vision/detectors/model.js'
import { iou } from '../../../dist/vision/detectors/nms.js'
import { gridOf, mergeTiles, regionsOf } from '../../../dist/vision/detectors/tiles.js'
import { probeClip } from '../../support/clips.js'

let model: Model
let picture: Picture
beforeAll(async () => {
  model = await loadModel()
  ;[picture] = await seekFrames(await probeClip(inject('match').video), 1)
})

/** The model as one whose file fixes the size of its input. */
const fixed = (side: number): Model => ({ ...model, input: { ...model.input, width: side, height: side } })

const box = (x1: number, y1: number, x2: number, y2: number, confidence = 0.8): Detection => ({
  ...{ classId: 0, confidence },
  xyxy: [x1, y1, x2, y2],
})

test('tiles are whole pixels of one size, cover the picture, and neighbors share a fifth', () => {
  // Otherwise a player at a border would be whole in no tile, or a batch could not hold the tiles.
  for (const [width, height, tiles] of [
    [1920, 1080, '3x2'],
    [853, 479, '2x2'],
    [640, 360, '4x1'],
  ] as const) {
    const [whole, ...regions] = regionsOf(width, height, gridOf(tiles))
    expect(whole).toEqual({ x: 0, y: 0, width, height })
    const [first] = regions
    for (const { x, y, ...size } of regions) {
      expect(size).toEqual({ width: first?.width, height: first?.height })
      for (const pixels of [x, y, size.width, size.height]) expect(pixels).toBe(Math.round(pixels))
    }
    expect(Math.max(...regions.map(({ x, width }) => x + width))).toBe(width)
    expect(Math.max(...regions.map(({ y, height }) => y + height))).toBe(height)
    const [one, next] = regions
    expect(one!.x + one!.width - next!.x).toBeGreaterThanOrEqual(Math.floor(0.2 * one!.width) - 1)
  }
  expect(regionsOf(1920, 1080, gridOf('1x1'))).toHaveLength(1)
})

test('a player cut by a border is one box: that of the tile that sees all of him', () => {
  // Otherwise half players would be cropped, or one player would start two tracks.
  const regions = regionsOf(1000, 500, gridOf('2x1'))
  const [, left, right] = regions
  const [border, start] = [left!.width, right!.x]
  const whole = box(start + 20, 100, border + 40, 200, 0.5)
  const cut = box(start + 20, 100, border, 200, 0.9)
  expect(mergeTiles(regions, [[], [cut], [whole]])).toEqual([whole])
  const atPictureBorder = box(0, 100, 30, 200)
  expect(mergeTiles(regions, [[], [atPictureBorder], []])).toEqual([atPictureBorder])
})

test('a player who fits no tile is the box of the whole picture', () => {
  // Otherwise a close-up would give two halves of a person, or none.
  const regions = regionsOf(1000, 500, gridOf('2x1'))
  const [, left, right] = regions
  const person = box(300, 20, 700, 500, 0.6)
  const halves = [box(300, 20, left!.width, 500, 0.9), box(right!.x, 20, 700, 500, 0.9)] as const
  expect(mergeTiles(regions, [[person], [halves[0]], [halves[1]]])).toEqual([person])
})

test('a network of small fixed input finds in tiles the players that it misses in one', async () => {
  // Otherwise such a model would be useless for a wide shot.
  const found = async (side: number | undefined, tiles: string) => {
    const detector = await openDetector(side === undefined ? model : fixed(side), { tiles })
    const detections = await detector.detect(picture)
    await detector.close()
    return detections.map(({ xyxy }) => xyxy)
  }
  const players = await found(undefined, '1x1')
  const seen = (boxes: readonly Xyxy[]) =>
    players.filter(player => boxes.some(other => iou(player, other) >= 0.5)).length
  const [one, many] = [await found(256, '1x1'), await found(256, '3x2')]
  expect(players.length).toBeGreaterThan(8)
  expect(seen(one)).toBeLessThan(0.7 * players.length)
  // Of the faintest players one or the other is found or not by a rounding of the input.
  expect(seen(many)).toBeGreaterThanOrEqual(0.85 * players.length)
  expect(many.length).toBeLessThanOrEqual(1.2 * players.length)
})

test('the slots of a batch are filled before another call, with the pixels that each region has alone', () => {
  // Otherwise a network that takes four pictures would be called for each tile, or see the wrong one.
  const input = { ...fixed(64).input, batch: 4 }
  const regions = regionsOf(picture.width, picture.height, gridOf('2x2'))
  const calls = callsFor(regions, input, 64)
  expect(calls.map(call => call.length)).toEqual([4, 1])
  const [call] = calls
  const { data, dims, fits } = inputBuffer(input, 64, picture, call!)(picture)
  expect(dims).toEqual([4, 3, 64, 64])
  for (const [i, region] of call!.entries()) {
    const alone = inputBuffer({ ...input, batch: 1 }, 64, picture, [region])(picture)
    expect(fits[i]).toEqual(alone.fits[0])
    expect(data.subarray(i * alone.data.length, (i + 1) * alone.data.length)).toEqual(alone.data)
  }
  // Of free size, the whole picture and the tiles have inputs with other sides.
  expect(callsFor(regionsOf(1000, 500, gridOf('2x1')), { ...model.input, batch: 4 }, 64)).toHaveLength(2)
})
