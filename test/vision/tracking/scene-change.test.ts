import { describe, expect, it } from 'vitest'
import type { FrameThumbnail } from '../../../dist/types.js'
import { SceneChangeDetector } from '../../../dist/vision/tracking/scene-change.js'
import { thumbnailAt } from './view.js'

/** Detected motion between two thumbnails. */
function move(before: FrameThumbnail, after: FrameThumbnail) {
  const watch = new SceneChangeDetector()
  watch.next(before)
  return watch.next(after)
}

function expectShift(found: ReturnType<typeof move>, dx: number, dy: number) {
  if (found.cut) expect.fail('a pan was taken for a cut')
  expect(Math.abs(found.dx - dx)).toBeLessThan(0.3)
  expect(Math.abs(found.dy - dy)).toBeLessThan(0.3)
}

describe('SceneChangeDetector', () => {
  // Otherwise every frame of a pan would start new tracks, or the tracks would stay behind.
  it.each([0, 0.4, 3, -11, 25, -45])('measures a pan by %d pixels of the thumbnail', pan => {
    expectShift(move(thumbnailAt(1, { x: 100 }), thumbnailAt(1, { x: 100 + pan, seed: 2 })), -pan, 0)
  })

  // Otherwise tracks would be lost when the camera follows a high ball.
  it('measures a tilt', () => {
    expectShift(move(thumbnailAt(1, { x: 100 }), thumbnailAt(1, { x: 103, y: 4, seed: 2 })), -3, -4)
  })

  // Otherwise the motion of players would be taken for that of the camera.
  it('ignores players running in the opposite direction', () => {
    const at = (t: number) =>
      Array.from({ length: 8 }, (_, i) => [105 + 11 * i + 5 * t, 22 + 4 * (i % 7)] as const)
    const found = move(
      thumbnailAt(1, { x: 100, players: at(0) }),
      thumbnailAt(1, { x: 104, players: at(1), seed: 2 }),
    )
    expectShift(found, -4, 0)
  })

  // Otherwise players of one shot would be joined with players at the same position in the next.
  it.each([2, 3, 4, 5])('detects a cut to another view of such a surface (%d)', ground => {
    expect(move(thumbnailAt(1, { x: 100 }), thumbnailAt(ground, { x: 100, seed: 2 }))).toEqual({ cut: true })
  })

  // Otherwise each black frame would be a cut, or a fade to black none.
  it('reports one cut for a fade to black', () => {
    const black = () => ({ width: 96, height: 54, luma: new Uint8Array(96 * 54).fill(16) })
    const watch = new SceneChangeDetector()
    watch.next(thumbnailAt(1, { x: 100 }))
    expect(watch.next(black())).toEqual({ cut: true })
    expect(watch.next(black())).toEqual({ cut: false, dx: 0, dy: 0 })
  })
})
