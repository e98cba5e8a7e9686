import { describe, expect, it } from 'vitest'
import type { FrameThumbnail } from '../../../dist/types.js'
import type { Motion } from '../../../dist/vision/tracking/motion.js'
import { SceneChangeDetector } from '../../../dist/vision/tracking/scene-change.js'
import { thumbnailAt } from './view.js'

/** What is detected from each thumbnail to the next. */
function moves(...thumbnails: FrameThumbnail[]) {
  const detector = new SceneChangeDetector()
  return thumbnails.map((thumbnail, i) => detector.next({ thumbnail, boxes: [], ms: 200 * i })).slice(1)
}

/** Where a motion puts a point, against where it should be; in pixels of the thumbnail. */
function expectMotion(
  found: ReturnType<typeof moves>[number] | undefined,
  to: (x: number, y: number) => [number, number],
) {
  if (found === undefined || found.cut) expect.fail('a motion was taken for a cut')
  const { a, b, dx, dy }: Motion = found.motion
  for (const [x, y] of [
    [20, 10],
    [75, 45],
  ] as const) {
    const [u, v] = to(x, y)
    expect(Math.hypot(a * x - b * y + dx - u, b * x + a * y + dy - v)).toBeLessThan(0.5)
  }
}

describe('SceneChangeDetector', () => {
  // Otherwise every frame of a pan would start new tracks, or the tracks would stay behind.
  it.each([0, 0.4, 3, -11, 25, -45])('measures a pan by %d pixels of the thumbnail', pan => {
    const [move] = moves(thumbnailAt(1, { x: 100 }), thumbnailAt(1, { x: 100 + pan, seed: 2 }))
    expectMotion(move, (x, y) => [x - pan, y])
  })

  // Otherwise tracks would be lost when the camera follows a high ball.
  it('measures a tilt', () => {
    const [move] = moves(thumbnailAt(1, { x: 100 }), thumbnailAt(1, { x: 103, y: 4, seed: 2 }))
    expectMotion(move, (x, y) => [x - 3, y - 4])
  })

  // Otherwise tracks at the border would be lost with each zoom, or each fast one would be a cut.
  it.each([0.88, 0.95, 1.04, 1.15])('measures a zoom by %d', zoom => {
    const [move] = moves(thumbnailAt(1, { x: 100 }), thumbnailAt(1, { x: 100, zoom, seed: 2 }))
    expectMotion(move, (x, y) => [zoom * x, zoom * y])
  })

  // Otherwise the motion of players would be taken for that of the camera.
  it('ignores players running in the opposite direction', () => {
    const at = (t: number) =>
      Array.from({ length: 8 }, (_, i) => [105 + 11 * i + 5 * t, 22 + 4 * (i % 7)] as const)
    const [move] = moves(
      thumbnailAt(1, { x: 100, players: at(0) }),
      thumbnailAt(1, { x: 104, players: at(1), seed: 2 }),
    )
    expectMotion(move, (x, y) => [x - 4, y])
  })

  // Otherwise a whip pan, which blurs the picture, would end all tracks.
  it('follows a whip pan that gathers speed', () => {
    const xs = [100, 104, 116, 140, 168, 184, 190]
    const found = moves(
      ...xs.map((x, i) => thumbnailAt(1, { x, blur: (xs[i + 1] ?? x) > x ? 6 : 1, seed: i + 1 })),
    )
    for (const [i, move] of found.entries()) {
      expectMotion(move, (x, y) => [x - (xs[i + 1] ?? 0) + (xs[i] ?? 0), y])
    }
  })

  // Otherwise a flash or a caption would start new tracks, as would its end.
  it('sees no cut in a flash and a caption', () => {
    const flash = thumbnailAt(1, { x: 101, seed: 2 })
    const caption = thumbnailAt(1, { x: 102, seed: 3 })
    const found = moves(
      thumbnailAt(1, { x: 100 }),
      { ...flash, luma: flash.luma.map(value => 120 + value / 2) },
      { ...caption, luma: caption.luma.map((value, i) => (i > 96 * 42 && i < 96 * 50 ? 20 : value)) },
      thumbnailAt(1, { x: 103, seed: 4 }),
    )
    expect(found.map(({ cut }) => cut)).toEqual([false, false, false])
  })

  // Otherwise players of one shot would be joined with players at the same position in the next.
  it.each([2, 3, 4, 5])('detects a cut to another view of such a surface (%d)', ground => {
    const found = moves(thumbnailAt(1, { x: 100 }), thumbnailAt(ground, { x: 100, seed: 2 }))
    expect(found).toEqual([{ cut: true }])
  })

  // Otherwise a cut would be missed wherever a scoreboard stays: it agrees with itself.
  it('detects a cut under a caption that stays', () => {
    const captioned = (thumbnail: FrameThumbnail) => ({
      ...thumbnail,
      luma: thumbnail.luma.map((value, i) => {
        const [x, y] = [i % 96, Math.floor(i / 96)]
        return x < 40 && y < 8 ? 30 + 50 * ((x * 7 + y * 3) % 5) : value
      }),
    })
    const found = moves(
      captioned(thumbnailAt(1, { x: 100 })),
      captioned(thumbnailAt(3, { x: 100, seed: 2 })),
      captioned(thumbnailAt(3, { x: 101, seed: 3 })),
    )
    expect(found.map(({ cut }) => cut)).toEqual([true, false])
  })

  // Otherwise a close-up of one who turns would end his track with every frame: little but him is in the picture.
  it('sees no cut where people stay in a picture that changes', () => {
    const detector = new SceneChangeDetector()
    const closeUp = (camera: number, boxes: readonly (readonly [number, number, number, number])[]) =>
      detector.next({ thumbnail: thumbnailAt(camera, { x: 100 }), boxes, ms: 0 }).cut
    closeUp(1, [[30, 4, 60, 54]])
    expect(closeUp(4, [[32, 5, 62, 54]])).toBe(false)
    expect(closeUp(5, [[70, 20, 75, 30]])).toBe(true)
  })

  // Otherwise each black frame would be a cut, or a fade through black to another shot none.
  it.each([
    [1, [false, false, false, false]],
    [3, [false, false, false, true]],
  ])('compares what follows black frames with what was before (%d)', (ground, cuts) => {
    const black = () => ({ width: 96, height: 54, luma: new Uint8Array(96 * 54).fill(16) })
    const faded = dimmed(thumbnailAt(1, { x: 100, seed: 2 }), 0.3)
    const after = dimmed(thumbnailAt(ground, { x: 100, seed: 3 }), 0.3)
    const found = moves(thumbnailAt(1, { x: 100 }), faded, black(), black(), after)
    expect(found.map(({ cut }) => cut)).toEqual(cuts)
  })
})

const dimmed = (thumbnail: FrameThumbnail, factor: number): FrameThumbnail => ({
  ...thumbnail,
  luma: thumbnail.luma.map(value => 16 + factor * (value - 16)),
})
