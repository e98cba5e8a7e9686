import { expect, test } from 'vitest'
import { annotate, trackColor } from '../../dist/preview/drawing.js'
import { glyphHeight, glyphs, glyphWidth } from '../../dist/preview/font.js'
import type { Pixels, TrackedDetection, Xyxy } from '../../dist/types.js'

const grey = (width: number, height: number): Pixels => ({
  width,
  height,
  rgb: new Uint8Array(width * height * 3).fill(128),
})
const player = (xyxy: Xyxy): TrackedDetection => ({ xyxy, trackId: 12, confidence: 0.5, classId: 0 })
const at = ({ width, rgb }: Pixels, x: number, y: number) => [
  ...rgb.subarray((y * width + x) * 3).subarray(0, 3),
]

test('what is outside of the picture is not drawn', () => {
  // Otherwise a box that leaves on the right would come back on the left, a row further down.
  const picture = grey(200, 100)
  annotate(picture, [player([150, 40, 260, 160])], [1, 1], { index: 0, ptsMs: 0 })
  expect(at(picture, 150, 70)).toEqual([...trackColor(12)])
  for (let y = 20; y < 100; y++) expect(at(picture, 0, y)).toEqual([128, 128, 128])
})

test('a label stands above its box, and inside where there is no room', () => {
  // Otherwise the ids of players at the edge of the picture could not be read.
  const picture = grey(400, 200)
  const boxes = [player([100, 100, 140, 180]), player([380, 0, 400, 80])]
  annotate(picture, boxes, [1, 1], { index: 0, ptsMs: 0 })
  expect(at(picture, 100, 92)).toEqual([...trackColor(12)])
  expect(at(picture, 399, 8)).toEqual([...trackColor(12)])
})

test('no two tracks of a team look the same, and none like grass', () => {
  // Otherwise one could not follow a player by color.
  const colors = Array.from({ length: 22 }, (_, i) => trackColor(i + 1))
  expect(new Set(colors.map(String)).size).toBe(22)
  for (const [r, g, b] of colors) expect(g > r && g > b && Math.max(r, b) < 200).toBe(false)
})

test('every character of a label can be told from the others', () => {
  // Otherwise a slip in the drawn font would show one digit as another, or as nothing.
  const pictures = [...glyphs.values()].map(pixels => JSON.stringify(pixels))
  expect(new Set(pictures).size).toBe(pictures.length)
  for (const pixels of glyphs.values()) {
    expect(pixels.length).toBeGreaterThan(1)
    expect(pixels.every(([x, y]) => x < glyphWidth && y < glyphHeight)).toBe(true)
  }
})
