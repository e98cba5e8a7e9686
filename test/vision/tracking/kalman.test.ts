import { describe, expect, it } from 'vitest'
import type { Xyxy } from '../../../dist/types.js'
import { BoxFilter } from '../../../dist/vision/tracking/kalman.js'

const figure = (x: number, y = 500): Xyxy => [x - 20, y - 50, x + 20, y + 50]
const noGate = Number.POSITIVE_INFINITY

/** The x position that the filter predicts: the one with the smallest distance. */
function expectedX(filter: BoxFilter): number {
  const misfit = (x: number) => filter.misfit(figure(x), 0.9, noGate)
  const [left, middle, right] = [misfit(0), misfit(1000), misfit(2000)]
  return 1000 + (500 * (left - right)) / (left + right - 2 * middle)
}

describe('BoxFilter', () => {
  // Otherwise the prediction would lag behind every runner.
  it('learns a speed and follows it', () => {
    const filter = BoxFilter.at(figure(100), 0.9)
    for (let i = 1; i <= 5; i++) {
      filter.predict(0.2)
      filter.update(figure(100 + 40 * i), 0.9)
    }
    filter.predict(0.2)
    expect(expectedX(filter)).toBeGreaterThan(330)
    expect(expectedX(filter)).toBeLessThan(342)
  })

  // Otherwise the search area, and with it every threshold, would depend on the frame rate.
  it('gives the same prediction after one long step as after many short ones', () => {
    const [once, often] = [BoxFilter.at(figure(100), 0.9), BoxFilter.at(figure(100), 0.9)]
    for (const filter of [once, often]) {
      filter.predict(0.2)
      filter.update(figure(140), 0.9)
    }
    once.predict(1)
    for (let i = 0; i < 25; i++) often.predict(0.04)
    expect(often.misfit(figure(400), 0.7, noGate)).toBeCloseTo(once.misfit(figure(400), 0.7, noGate), 6)
  })

  // Otherwise a lost track could be found only if the player did not turn.
  it('increases its uncertainty without observations', () => {
    const filter = BoxFilter.at(figure(100), 0.9)
    filter.predict(0.04)
    const near = filter.misfit(figure(100), 0.9, noGate)
    expect(filter.misfit(figure(250), 0.9, 16)).toBe(Number.POSITIVE_INFINITY)
    filter.predict(1)
    expect(filter.misfit(figure(250), 0.9, 16)).toBeLessThan(5)
    expect(filter.misfit(figure(100), 0.9, noGate)).toBeGreaterThan(near)
  })

  // Otherwise a pan would move every figure away from its prediction.
  it('is shifted with the picture', () => {
    const filter = BoxFilter.at(figure(100), 0.9)
    filter.move({ a: 1, b: 0, dx: 300, dy: 0 })
    expect(expectedX(filter)).toBeCloseTo(400, 6)
  })

  // Otherwise a zoom would move every figure off its prediction and leave it at its old size and speed.
  it('is zoomed with the picture', () => {
    const filter = BoxFilter.at(figure(100), 0.9)
    const moved = (box: ReturnType<typeof figure>) =>
      box.map(value => 2 * value - 30) as unknown as typeof box
    const before = filter.misfit(figure(110), 0.9, noGate)
    filter.move({ a: 2, b: 0, dx: -30, dy: -30 })
    expect(filter.misfit(moved(figure(110)), 0.9, noGate)).toBeCloseTo(before, 6)
  })

  // Otherwise the wrong boxes of half-hidden figures would distort the track.
  it('gives a detection of low confidence less weight', () => {
    const seenAt = (confidence: number) => {
      const filter = BoxFilter.at(figure(100), 0.9)
      filter.predict(0.04)
      filter.update(figure(110), confidence)
      return expectedX(filter)
    }
    expect(seenAt(0.9)).toBeGreaterThan(108)
    expect(seenAt(0.2)).toBeLessThan(106)
  })
})
