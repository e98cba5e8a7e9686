import { expect, test } from 'vitest'
import { annotate, trackColor } from '../../dist/preview/drawing.js'
import { glyphHeight, glyphs, glyphWidth } from '../../dist/preview/font.js'
import type { Pixels, TrackedDetection, Xyxy } from '../../dist/types.js'

const gray = (width: number, height: number): Pixels => ({
  width,
  height,
  rgb: new Uint8Array(width * height * 3).fill(128),
})
const player = (xyxy: Xyxy): TrackedDetection => ({ xyxy, trackId: 12, confidence: 0.5, classId: 0 })
const at = ({ width, rgb }: Pixels, x: number, y: number) => [
  ...rgb.subarray((y * width + x) * 3).subarray(0, 3),
]

test('boxes are clipped to the picture', () => {
  // Otherwise a box over the right border would continue at the left, one row below.
  const picture = gray(200, 100)
  annotate(picture, [player([150, 40, 260, 160])], [1, 1], { index: 0, ptsMs: 0 })
  expect(at(picture, 150, 70)).toEqual([...trackColor(12)])
  for (let y = 20; y < 100; y++) expect(at(picture, 0, y)).toEqual([128, 128, 128])
})

test('a label is above its box, or inside if there is no room', () => {
  // Otherwise the ids of players at the edge of the picture would not be visible.
  const picture = gray(400, 200)
  const boxes = [player([100, 100, 140, 180]), player([380, 0, 400, 80])]
  annotate(picture, boxes, [1, 1], { index: 0, ptsMs: 0 })
  expect(at(picture, 100, 92)).toEqual([...trackColor(12)])
  expect(at(picture, 399, 8)).toEqual([...trackColor(12)])
})

test('tracks have different colors, and none is like grass', () => {
  // Otherwise a user could not follow a player by color.
  const colors = Array.from({ length: 22 }, (_, i) => trackColor(i + 1))
  expect(new Set(colors.map(String)).size).toBe(22)
  for (const [r, g, b] of colors) expect(g > r && g > b && Math.max(r, b) < 200).toBe(false)
})

test('all glyphs of the font are different', () => {
  // Otherwise an error in the font would show one digit as another, or as blank.
  const pictures = [...glyphs.values()].map(pixels => JSON.stringify(pixels))
  expect(new Set(pictures).size).toBe(pictures.length)
  for (const pixels of glyphs.values()) {
    expect(pixels.length).toBeGreaterThan(1)
    expect(pixels.every(([x, y]) => x < glyphWidth && y < glyphHeight)).toBe(true)
  }
})
