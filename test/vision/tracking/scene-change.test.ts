import { describe, expect, it } from 'vitest'
import type { FrameThumbnail } from '../../../dist/types.js'
import { SceneChangeDetector } from '../../../dist/vision/tracking/scene-change.js'
import { thumbnailAt } from './view.js'

/** The detected motion between two thumbnails. */
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
  // Every frame of a pan would start new tracks, or the tracks would stay behind.
  it.each([0, 0.4, 3, -11, 25, -45])('measures a pan by %d pixels of the thumbnail', pan => {
    expectShift(move(thumbnailAt(1, { x: 100 }), thumbnailAt(1, { x: 100 + pan, seed: 2 })), -pan, 0)
  })

  // The camera also follows high balls.
  it('measures a tilt', () => {
    expectShift(move(thumbnailAt(1, { x: 100 }), thumbnailAt(1, { x: 103, y: 4, seed: 2 })), -3, -4)
  })

  // Players are the brightest and fastest thing in the picture, but they are not the camera.
  it('is not misled by players running the other way', () => {
    const at = (t: number) =>
      Array.from({ length: 8 }, (_, i) => [105 + 11 * i + 5 * t, 22 + 4 * (i % 7)] as const)
    const found = move(
      thumbnailAt(1, { x: 100, players: at(0) }),
      thumbnailAt(1, { x: 104, players: at(1), seed: 2 }),
    )
    expectShift(found, -4, 0)
  })

  // Players of one shot would be joined with those who stand in the same place in the next.
  it.each([2, 3, 4, 5])('detects a cut to another view of such a surface (%d)', ground => {
    expect(move(thumbnailAt(1, { x: 100 }), thumbnailAt(ground, { x: 100, seed: 2 }))).toEqual({ cut: true })
  })

  // A fade to black is a cut as well, but black after black is not one each time.
  it('takes black for a cut once', () => {
    const black = () => ({ width: 96, height: 54, luma: new Uint8Array(96 * 54).fill(16) })
    const watch = new SceneChangeDetector()
    watch.next(thumbnailAt(1, { x: 100 }))
    expect(watch.next(black())).toEqual({ cut: true })
    expect(watch.next(black())).toEqual({ cut: false, dx: 0, dy: 0 })
  })
})
