import { expect, test } from 'vitest'
import type { Pixels } from '../../../dist/types.js'
import { erase, type Rgb, variantOf, type Warp } from '../../../dist/vision/imaging/variant.js'

const FILL: Rgb = [10, 200, 90]
const STILL: Warp = { flip: false, radians: 0, shiftX: 0, shiftY: 0 }
const NEUTRAL = { brightness: 1, contrast: 1, saturation: 1, hue: 0 }

/** A picture with an even patch in the middle of uneven pixels. */
function picture(width = 9, height = 13): Pixels {
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0; i < rgb.length; i++) rgb[i] = (i * i * 31 + i * 7) % 256
  for (let y = 4; y < 9; y++) rgb.fill(77, (y * width + 2) * 3, (y * width + 7) * 3)
  return { width, height, rgb }
}

/** With a mask that keeps all colors. */
const still = (source: Pixels) => ({ ...source, mask: new Uint8Array(source.width * source.height) })

/** A pixel of a picture; `outside` if the position is not in it. */
function at({ width, height, rgb }: Pixels, x: number, y: number, outside: Rgb): Rgb {
  if (x < 0 || y < 0 || x >= width || y >= height) return outside
  const p = (y * width + x) * 3
  return [rgb[p]!, rgb[p + 1]!, rgb[p + 2]!]
}

test('a warped pixel is interpolated bilinearly from four pixels', () => {
  // Otherwise edges would be cut or doubled, or rotated players would have seams.
  const source = picture()
  const { width, height } = source
  const moves: Warp[] = [
    STILL,
    { flip: true, radians: 0.15, shiftX: 1.3, shiftY: -2.4 },
    { flip: false, radians: -0.6, shiftX: -0.5, shiftY: 0.5 },
    { flip: false, radians: 3, shiftX: 40, shiftY: 0 },
  ]
  for (const { flip, radians, shiftX, shiftY } of moves) {
    const result = variantOf(still(source), NEUTRAL, { flip, radians, shiftX, shiftY }, FILL)
    for (let y = 0, p = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [dx, dy] = [x - (width - 1) / 2 - shiftX, y - (height - 1) / 2 - shiftY]
        const turned = Math.cos(radians) * dx + Math.sin(radians) * dy
        const fromX = (width - 1) / 2 + (flip ? -turned : turned)
        const fromY = (height - 1) / 2 - Math.sin(radians) * dx + Math.cos(radians) * dy
        const [x0, y0] = [Math.floor(fromX), Math.floor(fromY)]
        for (let c = 0; c < 3; c++, p++) {
          let sum = 0
          for (const [nx, ny] of [
            [0, 0],
            [1, 0],
            [0, 1],
            [1, 1],
          ] as const) {
            const weight = Math.abs(1 - nx - (fromX - x0)) * Math.abs(1 - ny - (fromY - y0))
            sum += weight * at(source, x0 + nx, y0 + ny, FILL)[c]!
          }
          expect(Math.abs(result[p]! - sum)).toBeLessThanOrEqual(0.5 + 0.05)
        }
      }
    }
  }
})

test('only colors inside the mask change, and variants are independent', () => {
  // Otherwise the background would get the colors of the variant, or a variant those of the previous one.
  const source = picture()
  const mask = new Uint8Array(source.width * source.height).map((_, i) => (i % 3 === 0 ? 255 : 0))
  const jitter = { brightness: 1.2, contrast: 0.8, saturation: 1.2, hue: 0.1 }
  const changed = variantOf({ ...source, mask }, jitter, STILL, FILL)
  for (let i = 0; i < mask.length; i++) {
    const [before, after] = [source.rgb, changed].map(rgb => rgb.subarray(i * 3, i * 3 + 3).join())
    if (mask[i] === 0) expect(after).toBe(before)
  }
  expect(changed).not.toEqual(source.rgb)
  const back = variantOf({ ...source, mask }, NEUTRAL, STILL, FILL)
  // The conversion weights to YIQ and back are rounded to three digits.
  for (let i = 0; i < back.length; i++) expect(Math.abs(back[i]! - source.rgb[i]!)).toBeLessThanOrEqual(1)
})

test('erasing paints the rectangle and nothing else', () => {
  // Otherwise an erased variant would lose more of the player than intended.
  const { width, height, rgb } = picture()
  const erased = rgb.slice()
  erase(erased, width, { left: 3, top: 2, width: 4, height: 5 }, FILL)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = x >= 3 && x < 7 && y >= 2 && y < 7
      const expected = inside ? FILL : at({ width, height, rgb }, x, y, FILL)
      expect(at({ width, height, rgb: erased }, x, y, FILL)).toEqual(expected)
    }
  }
})
