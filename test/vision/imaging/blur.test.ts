import { expect, test } from 'vitest'
import { blur } from '../../../dist/vision/imaging/blur.js'

test('a blur is a Gaussian mean with repeated edge pixels', () => {
  // Otherwise blurred variants would be darker, shifted, or have a border.
  const [width, height] = [9, 13]
  const source = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i * 31 + i * 7) % 256)
  for (const sigma of [0.3, 0.8, 1]) {
    const result = source.slice()
    blur(result, width, height, sigma)
    const radius = Math.ceil(2 * sigma)
    for (let y = 0, p = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < 3; c++, p++) {
          let [sum, total] = [0, 0]
          for (let j = -radius; j <= radius; j++) {
            for (let i = -radius; i <= radius; i++) {
              const weight = Math.exp(-(i * i + j * j) / (2 * sigma * sigma))
              const nearX = Math.max(0, Math.min(width - 1, x + i))
              const nearY = Math.max(0, Math.min(height - 1, y + j))
              sum += weight * source[(nearY * width + nearX) * 3 + c]!
              total += weight
            }
          }
          expect(Math.abs(result[p]! - sum / total)).toBeLessThan(0.51)
        }
      }
    }
  }
})
