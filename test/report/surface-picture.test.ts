import { expect, test } from 'vitest'
import { drawSurface } from '../../dist/report/surface-picture.js'
import { sharp } from '../../dist/vision/imaging/sharp.js'
import { fitSurface } from '../../dist/vision/surface/fit-surface.js'
import { noSurface } from '../../dist/vision/surface/surface-model.js'
import { drawHall, onCourt } from '../support/hall.js'

const sightings = [0, 1, 2].map(seed => drawHall(seed))
const [{ picture, people }] = sightings as [(typeof sightings)[0]]
const model = fitSurface(
  sightings.map(({ picture }) => picture),
  {},
  sightings,
)

/** Which color of the overlay a place of the picture has most of; undefined for gray. */
async function tintAt(jpeg: Uint8Array | undefined, x: number, y: number) {
  const { data } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true })
  const [r = 0, g = 0, b = 0] = data.subarray((y * picture.width + x) * 3)
  if (Math.max(r, g, b) - Math.min(r, g, b) < 30) return undefined
  return b > r ? 'surface' : 'court'
}

test('court, surround and people are drawn as the filters see them', async () => {
  // Otherwise a report would show another surface than the one that people were dropped for.
  const drawn = drawSurface(picture, model, people)
  const marked = await drawn.marked
  expect(drawn.people).toEqual({ on: onCourt, around: people.length - onCourt, off: 0 })
  const places = [
    [120, 140],
    [240, 250],
    [240, 60],
  ] as const
  const tints = await Promise.all(places.map(([x, y]) => tintAt(marked, x, y)))
  expect(tints).toEqual(['court', 'surface', undefined])
})

test('a surface that was not found leaves the frame as it is', async () => {
  // Otherwise the picture would claim a surface, or be missing where a user needs to see why.
  const drawn = drawSurface(picture, noSurface('no color dominates'), people)
  expect(Object.keys(drawn)).toEqual(['plain'])
  const { width, height } = await sharp(await drawn.plain).metadata()
  expect([width, height]).toEqual([picture.width, picture.height])
})

test('where nobody was looked for, the colors alone tell', async () => {
  // Otherwise a run that starts from an earlier one would show no surface.
  const drawn = drawSurface(picture, model, undefined)
  expect(drawn.people).toBeUndefined()
  expect(await tintAt(await drawn.marked, 240, 250)).toBe('surface')
})
