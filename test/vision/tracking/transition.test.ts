import { describe, expect, it } from 'vitest'
import type { FrameThumbnail } from '../../../dist/types.js'
import { SceneChangeDetector } from '../../../dist/vision/tracking/scene-change.js'
import { thumbnailAt } from './view.js'

/** The part of the second shot at a pixel, 0 to 1, when a share of the transition has passed. */
type Blend = (passed: number, x: number) => number

const blends: Record<string, Blend> = {
  dissolve: passed => passed,
  wipe: (passed, x) => (x < passed * 96 ? 1 : 0),
  'soft wipe': (passed, x) => Math.min(1, Math.max(0, (passed * 120 - x) / 24)),
}

function blended(from: FrameThumbnail, to: FrameThumbnail, part: (x: number) => number): FrameThumbnail {
  const luma = from.luma.map((value, i) => value + part(i % 96) * (to.luma[i]! - value))
  return { ...from, luma }
}

/** Two shots of such a surface by slowly panning cameras, and from 1.4 s on a transition between them. */
function shots(rate: number, seconds: number, blend: Blend) {
  return Array.from({ length: Math.round((2.2 + seconds) * rate) }, (_, i) => {
    const time = i / rate
    const passed = Math.min(1, Math.max(0, (time - 1.4) / seconds))
    const from = thumbnailAt(1, { x: 100 + 2 * time, seed: i })
    const to = thumbnailAt(2, { x: 140 - 3 * time, seed: 1000 + i })
    return { ms: 1000 * time, thumbnail: blended(from, to, x => blend(passed, x)), boxes: [] }
  })
}

/** Times, in seconds, at which tracks end. */
function cutsOf(frames: ReturnType<typeof shots>): number[] {
  const detector = new SceneChangeDetector()
  return frames.filter(frame => detector.next(frame).cut).map(({ ms }) => ms / 1000)
}

const cases = Object.keys(blends).flatMap(name =>
  [5, 10].flatMap(rate => [0.4, 0.8, 1.2].map(seconds => [name, seconds, rate] as const)),
)

describe('TransitionDetector', () => {
  // Otherwise tracks would go from the players of one shot to those of the next: no two frames differ by much.
  it.each(cases)('ends tracks at a %s of %d s at %d frames/s', (name, seconds, rate) => {
    const cuts = cutsOf(shots(rate, seconds, blends[name] ?? expect.fail()))
    expect(cuts.length).toBeGreaterThan(0)
    for (const cut of cuts) {
      expect(cut).toBeGreaterThan(1.4)
      expect(cut).toBeLessThan(1.4 + seconds + 0.65)
    }
  })

  // Otherwise a caption that grows, as wide as the picture, would pass for a wipe.
  it('sees no transition in a caption that is wiped in', () => {
    const frames = shots(10, 1, () => 0).map(frame => {
      const wide = Math.min(96, Math.max(0, (frame.ms / 1000 - 1.4) * 96))
      const luma = frame.thumbnail.luma.map((value, i) => {
        const [x, y] = [i % 96, Math.floor(i / 96)]
        return y >= 44 && y < 52 && x < wide ? 30 + 40 * ((x * 5 + y * 3) % 5) : value
      })
      return { ...frame, thumbnail: { ...frame.thumbnail, luma } }
    })
    expect(cutsOf(frames)).toEqual([])
  })

  // Otherwise what a fast pan or a zoom brings into view would pass for another shot.
  it.each([
    ['pan', (time: number) => ({ x: 100 + 60 * Math.max(0, time - 1) })],
    ['zoom', (time: number) => ({ x: 100, zoom: 1 + 0.5 * Math.min(1, Math.max(0, time - 1)) })],
  ])('sees no transition in a %s', (_, view) => {
    const frames = shots(10, 1, () => 0).map((frame, i) => ({
      ...frame,
      thumbnail: thumbnailAt(1, { ...view(frame.ms / 1000), seed: i }),
    }))
    expect(cutsOf(frames)).toEqual([])
  })

  // Otherwise a run that is resumed within a transition would have other tracks than one that was not interrupted.
  it('continues from its state exactly', () => {
    const frames = shots(10, 0.8, passed => passed)
    const whole = new SceneChangeDetector()
    const moves = frames.map(frame => whole.next(frame))
    for (const at of [5, 17, 20]) {
      const first = new SceneChangeDetector()
      for (const frame of frames.slice(0, at)) first.next(frame)
      const second = new SceneChangeDetector()
      second.state = JSON.parse(JSON.stringify(first.state))
      expect(frames.slice(at).map(frame => second.next(frame))).toEqual(moves.slice(at))
    }
  })
})
