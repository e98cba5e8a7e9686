import { expect, test } from 'vitest'
import { changeFilter } from '../../dist/operators/change-filter.js'
import type { StatefulStep } from '../../dist/runtime/operator.js'
import type { Crop } from '../../dist/types.js'
import { disc, dropping } from '../support/crops.js'
import { cut, drawScene, kits } from '../support/figures.js'

/** A crop of a player in a pose, at a time in seconds. */
function player(stride: number, seconds: number, { trackId = 1, gain = 1 } = {}): Crop {
  const scene = drawScene({
    width: 200,
    height: 200,
    figures: [{ x: 100, y: 160, height: 100, stride, kit: kits.red }],
  })
  const pixels = cut(scene, [60, 55, 140, 170])
  for (const [i, value] of pixels.rgb.entries()) pixels.rgb[i] = Math.min(255, value * gain)
  const detection = { ...disc().detection, trackId }
  return { ...disc(), ...pixels, detection, ptsMs: 1000 * seconds }
}

/** The crops that a filter keeps. */
async function keptOf(filter: StatefulStep<Crop, Crop>, crops: readonly Crop[], context = dropping()) {
  const kept: number[] = []
  for (const [i, crop] of crops.entries()) if ((await filter.step(crop, context)).length > 0) kept.push(i)
  return { kept, dropped: context.dropped }
}
const filterOf = (minChange: number) => changeFilter({ minChange }).make() as StatefulStep<Crop, Crop>

test('a player who stands still is kept once, and the others are counted', async () => {
  // Otherwise a goalkeeper would be in the dataset a thousand times, or half of it be lost silently.
  const still = [0, 1, 2, 3].map(seconds => player(1, seconds))
  expect(await keptOf(filterOf(0.02), still)).toEqual({ kept: [0], dropped: { near_duplicate: 3 } })
})

test('another pose is kept, also after small steps, and a recently kept pose is not', async () => {
  // Otherwise a player who moves slowly would be kept once, or one with a repeated motion every time.
  const [a, b] = [0.3, 1.6]
  expect(
    (await keptOf(filterOf(0.02), [player(a, 0), player(b, 1), player(a, 2), player(b, 3)])).kept,
  ).toEqual([0, 1])
  const slowly = Array.from({ length: 30 }, (_, i) => player(0.3 + 0.04 * i, i))
  const { kept } = await keptOf(filterOf(0.02), slowly)
  expect(kept.length).toBeGreaterThan(2)
  expect(kept.length).toBeLessThan(20)
})

test('a change of the light is not a change', async () => {
  // Otherwise a cloud would make every crop new.
  const { kept } = await keptOf(filterOf(0.05), [player(1, 0), player(1, 1, { gain: 0.7 })])
  expect(kept).toEqual([0])
})

test('each track is compared only with itself', async () => {
  // Otherwise teammates in the same pose would be dropped.
  const { kept } = await keptOf(filterOf(0.05), [player(1, 0), player(1, 0, { trackId: 2 })])
  expect(kept).toEqual([0, 1])
})

test('restored from its snapshot as JSON, it continues with the same results', async () => {
  // Otherwise a resumed run would make a different dataset.
  const crops = Array.from({ length: 24 }, (_, i) => player(i / 5, i, { trackId: 1 + (i % 3) }))
  const whole = await keptOf(filterOf(0.03), crops)
  for (const stop of [1, 7, 16]) {
    const [first, second] = [filterOf(0.03), filterOf(0.03)]
    const before = await keptOf(first, crops.slice(0, stop))
    second.restore(JSON.parse(JSON.stringify(first.snapshot())))
    const after = await keptOf(second, crops.slice(stop))
    expect([...before.kept, ...after.kept.map(i => i + stop)]).toEqual(whole.kept)
  }
})

test('its state does not grow with the length of the game', async () => {
  // Otherwise checkpoints of a long game would contain every track of it.
  const filter = filterOf(0.05)
  const many = Array.from({ length: 300 }, (_, i) => player(1, 10 * i, { trackId: i }))
  await keptOf(filter, many)
  expect(JSON.stringify(filter.snapshot()).length).toBeLessThan(5000)
})
