import { expect, it } from 'vitest'
import { workMemory } from '../../../dist/vision/kernels/work-memory.js'
import { fitSurface } from '../../../dist/vision/surface/fit-surface.js'
import { segmentPlayer } from '../../../dist/vision/surface/segment.js'
import { cut, drawScene, kits } from '../../support/figures.js'
import { pictureOf } from '../../support/pictures.js'

const pictures = [400, 60, 110].map((height, i) =>
  drawScene({
    width: 2 * height,
    height: Math.round(1.6 * height),
    figures: [{ x: height, y: 1.4 * height, height, stride: 1.2 * i, kit: kits.green }],
    seed: i + 1,
  }),
)

// Otherwise the dataset would depend on which worker got which frame: work memory is reused, and old content must not
// affect a mask. The first crop is too large for the initial memory.
it('gives the same mask regardless of earlier crops', () => {
  const grass = fitSurface(pictures.map(pictureOf), { topCropRatio: 0.3 })
  for (const picture of pictures) {
    const crop = cut(picture, picture.players[0]!.xyxy) // one player per picture
    // A patch in the green of the pitch on the chest: a hole to fill.
    const patch = Math.ceil(crop.width / 12)
    for (let y = 0; y < patch; y++) {
      const at = (Math.round(0.3 * crop.height + y) * crop.width + Math.round(0.48 * crop.width)) * 3
      crop.rgb.set(crop.rgb.subarray(0, patch * 3), at)
    }
    const alone = segmentPlayer(crop, grass)
    expect(alone.includes(255)).toBe(true)
    workMemory.reset(1 << 20)
    // Garbage for labels and flags; -1 is NaN as a float.
    workMemory.ints(1 << 18).forEach((_, i, left) => {
      left[i] = (i % 5) - 1
    })
    expect(Buffer.compare(segmentPlayer(crop, grass), alone)).toBe(0)
  }
})
