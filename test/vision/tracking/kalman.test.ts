import { describe, expect, it } from 'vitest'
import type { Xyxy } from '../../../dist/types.js'
import { BoxFilter } from '../../../dist/vision/tracking/kalman.js'

/** Doubt of a box of a player who stands free. */
const sure = 0.25
const figure = (x: number, y = 500): Xyxy => [x - 20, y - 50, x + 20, y + 50]

/** The x position that the filter predicts, to a tenth of a pixel: the one that fits best. */
function expectedX(filter: BoxFilter): number {
  const misfit = (tenths: number) => filter.misfit(figure(tenths / 10), sure)
  let best = 0
  for (let tenths = 0; tenths < 6000; tenths++) if (misfit(tenths) < misfit(best)) best = tenths
  return best / 10
}

describe('BoxFilter', () => {
  // Otherwise the prediction would lag behind every runner.
  it('learns a speed and follows it', () => {
    const filter = BoxFilter.at(figure(100), sure)
    for (let i = 1; i <= 5; i++) {
      filter.predict(0.2)
      filter.update(figure(100 + 40 * i), sure)
    }
    filter.predict(0.2)
    expect(expectedX(filter)).toBeGreaterThan(330)
    expect(expectedX(filter)).toBeLessThan(342)
  })

  // Otherwise the search area, and with it every threshold, would depend on the frame rate.
  it('gives the same prediction after one long step as after many short ones', () => {
    const [once, often] = [BoxFilter.at(figure(100), sure), BoxFilter.at(figure(100), sure)]
    for (const filter of [once, often]) {
      filter.predict(0.2)
      filter.update(figure(140), sure)
    }
    once.predict(1)
    for (let i = 0; i < 25; i++) often.predict(0.04)
    expect(often.misfit(figure(400), sure)).toBeCloseTo(once.misfit(figure(400), sure), 6)
  })

  // Otherwise a lost track could be found only if the player did not turn.
  it('increases its uncertainty without observations', () => {
    const filter = BoxFilter.at(figure(100), sure)
    filter.predict(0.04)
    const near = filter.misfit(figure(100), sure)
    expect(filter.misfit(figure(250), sure)).toBeGreaterThan(20)
    filter.predict(1)
    expect(filter.misfit(figure(250), sure)).toBeLessThan(5)
    expect(filter.misfit(figure(100), sure)).toBeGreaterThan(near)
  })

  // Otherwise the equal errors of neighboring frames would make the filter so sure that the next other box is a new player.
  it('is hardly surer with thirty boxes a second than with five', () => {
    const shifted = (fps: number) => {
      const filter = BoxFilter.at(figure(100), sure)
      for (let i = 0; i < fps; i++) {
        filter.predict(1 / fps)
        filter.update(figure(100), sure)
      }
      filter.predict(1 / fps)
      return filter.misfit(figure(112), sure)
    }
    expect(shifted(30)).toBeLessThan(0)
    expect(shifted(5)).toBeLessThan(0)
  })

  // Otherwise a box that loses the legs behind a player would look like a player who flies upward, and be lost.
  it('takes a sudden change of the box for an error of the detector, not for motion', () => {
    const filter = BoxFilter.at(figure(100), sure)
    const see = (box: Xyxy) => {
      filter.predict(1 / 30)
      const misfit = filter.misfit(box, sure)
      filter.update(box, sure)
      return misfit
    }
    for (let i = 0; i < 30; i++) see(figure(100))
    const withoutLegs: Xyxy = [80, 450, 120, 515]
    expect(see(withoutLegs)).toBeLessThan(3)
    for (let i = 0; i < 10; i++) expect(see(withoutLegs)).toBeLessThan(-3)
    expect(see(figure(100))).toBeLessThan(3)
  })

  // Otherwise a pan would move every figure away from its prediction.
  it('is shifted with the picture', () => {
    const filter = BoxFilter.at(figure(100), sure)
    filter.move({ a: 1, b: 0, dx: 300, dy: 0 })
    expect(expectedX(filter)).toBeCloseTo(400, 1)
  })

  // Otherwise a zoom would move every figure off its prediction and leave it at its old size and speed.
  it('is zoomed with the picture', () => {
    const filter = BoxFilter.at(figure(100), sure)
    const moved = (box: ReturnType<typeof figure>) =>
      box.map(value => 2 * value - 30) as unknown as typeof box
    const before = filter.misfit(figure(110), sure)
    filter.move({ a: 2, b: 0, dx: -30, dy: -30 })
    expect(filter.misfit(moved(figure(110)), sure)).toBeCloseTo(before, 6)
  })

  // Otherwise the wrong boxes of half-hidden figures would distort the track.
  it('gives a doubtful box less weight', () => {
    const seenAt = (doubt: number) => {
      const filter = BoxFilter.at(figure(100), sure)
      filter.predict(0.04)
      filter.update(figure(110), doubt)
      return expectedX(filter)
    }
    expect(seenAt(sure)).toBeGreaterThan(108)
    expect(seenAt(1)).toBeLessThan(107)
  })
})
