import { describe, expect, it } from 'vitest'
import type { Xyxy } from '../../../dist/types.js'
import { fitSurface } from '../../../dist/vision/surface/fit-surface.js'
import { standingOn } from '../../../dist/vision/surface/standing.js'
import {
  restoreSurface,
  type SurfaceModel,
  surfaceLikelihood,
  surfaceThreshold,
} from '../../../dist/vision/surface/surface-model.js'
import type { Rgb } from '../../support/figures.js'
import { drawHall, hallColors, onCourt } from '../../support/hall.js'

const isSurface = (model: SurfaceModel, [r, g, b]: Rgb) =>
  surfaceLikelihood(model, (r << 16) | (g << 8) | b) >= surfaceThreshold

const learn = (...args: Parameters<typeof drawHall>[1][]) => {
  const sightings = [1, 2, 3].map(seed => drawHall(seed, ...args))
  const model = fitSurface(
    sightings.map(({ picture }) => picture),
    {},
    sightings,
  )
  return { sightings, model }
}
const hall = learn()

describe('the ground on which people stand', () => {
  // Otherwise all players on a red court would be dropped as off the teal floor around it.
  it('has every color that is under their feet', () => {
    expect(hall.model).toMatchObject({ found: true, separatesPeople: false })
    expect(isSurface(hall.model, hallColors.surround)).toBe(true)
    expect(isSurface(hall.model, hallColors.court)).toBe(true)
  })

  // Otherwise those who sit behind the advertising boards would stand on them.
  it('has not the color of boards, behind which heads are seen', () => {
    const heads = [300, 330, 360, 390].map((x): Xyxy => [x, 22, x + 12, 44])
    const seen = hall.sightings.map(({ picture, people }) => ({
      picture,
      people: [...people, ...heads.map(xyxy => ({ xyxy, confidence: 0.7, classId: 0 }))],
    }))
    const model = fitSurface(
      seen.map(({ picture }) => picture),
      {},
      seen,
    )
    expect(isSurface(model, hallColors.court)).toBe(true)
    expect(isSurface(model, hallColors.boards)).toBe(false)
    const [{ picture, people }] = seen as [(typeof seen)[0]]
    expect(standingOn(picture, people, model)).toHaveLength(people.length - heads.length)
  })

  // Otherwise wood and ice, which color alone cannot tell from skin and shirts, would have no surface; or color would
  // remove skin with the background.
  it.each<[string, Rgb]>([
    ['wood', [190, 150, 105]],
    ['ice', [205, 208, 212]],
  ])('may have the color of %s, which does not separate people', (_, color) => {
    const { model } = learn({ grass: [color, color], court: { xyxy: [0, 0, 0, 0], color } })
    expect(model).toMatchObject({ found: true, separatesPeople: false })
    expect(isSurface(model, color)).toBe(true)
  })

  // Otherwise the surface of another part of the frame would drop the whole game.
  it('is unknown where people do not share it', () => {
    const seen = hall.sightings.map(({ picture, people }) => ({
      picture,
      people: people.map(({ xyxy: [x1, , x2], ...person }) => ({
        ...person,
        xyxy: [x1, 2, x2, 30] satisfies Xyxy,
      })),
    }))
    const model = fitSurface(
      seen.map(({ picture }) => picture),
      {},
      seen,
    )
    expect(model.found).toBe(false)
    expect(model.reason).toMatch(/^only \d+% of the \d+ people/)
  })

  // Otherwise a run that starts from the detections of another would remove other backgrounds.
  it('is restored from its colors', () => {
    const { likelihood, modes, coverage } = hall.model
    const restored = restoreSurface(JSON.parse(JSON.stringify({ modes, coverage })), 3)
    expect(Buffer.compare(restored.likelihood, likelihood)).toBe(0)
    expect(restored).toMatchObject({ found: true, separatesPeople: false, coverage })
  })
})

describe('who stands on it', () => {
  // Otherwise coaches and judges would be players, or players who jump at the line would not.
  it('is told to be on the court or around it', () => {
    const [{ picture, people }] = hall.sightings as [(typeof hall.sightings)[0]]
    const told = standingOn(picture, people, hall.model)
    expect(told.map(({ onCourt }) => onCourt)).toEqual(people.map((_, i) => i < onCourt))
  })

  // Otherwise a user who gives the colors of court and surround would still have judges and coaches in the dataset.
  it('is told so by given colors', () => {
    const colors = [hallColors.court, hallColors.surround] as const
    const [{ picture, people }] = hall.sightings as [(typeof hall.sightings)[0]]
    const given = fitSurface([picture], { colors })
    expect(standingOn(picture, people, given).map(({ onCourt }) => onCourt)).toEqual(
      people.map((_, i) => i < onCourt),
    )
    expect(fitSurface([picture], { colors: colors.slice(0, 1) }).court).toBeUndefined()
  })

  // Otherwise the outfield of a game with clay and grass, or a goalkeeper, would be taken for the area around a court.
  it('is not told apart where the other color is on one side only', () => {
    const { sightings, model } = learn({ court: { xyxy: [110, 135, 480, 270], color: hallColors.court } })
    const [{ picture, people }] = sightings as [(typeof sightings)[0]]
    const told = standingOn(picture, people, model)
    expect(told).toHaveLength(people.length)
    expect(told.every(({ onCourt }) => onCourt === undefined)).toBe(true)
  })

  // Otherwise a player on a logo that was not learned would be lost.
  it('includes people on another color within it', () => {
    const { picture, people } = drawHall(4, { court: { xyxy: [200, 160, 260, 190], color: [250, 240, 60] } })
    expect(standingOn(picture, people, hall.model)).toHaveLength(people.length)
  })
})
