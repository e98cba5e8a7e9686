import type { Detection, Picture } from '../../types.js'
import { feet, shareAround } from './around.js'
import { colorGrid } from './color-grid.js'
import { type Court, findCourt } from './court.js'
import { minShare } from './ground.js'
import { findGround, type GroundRegion, isWithin, touchesGround } from './ground-region.js'
import { type SurfaceModel, surfaceThreshold } from './surface-model.js'

/** A person who stands on the playing surface. */
export interface Standing<Person> {
  readonly person: Person
  /** Whether that is the court, as against the area around it; undefined if they are not told apart. */
  readonly onCourt: boolean | undefined
}

/** Where the playing surface of one frame is, and who stands on it. */
export interface LocatedSurface<Person> {
  readonly ground: GroundRegion
  /** Undefined where it is not told from the surface around it. */
  readonly court: Court | undefined
  readonly standing: readonly Standing<Person>[]
}

type Colors = Pick<SurfaceModel, 'likelihood' | 'court'>

/**
 * Finds the playing surface in a frame: its colors, in one piece with the ground on which people stand. They stand on it
 * with its colors at the feet, or on a line, a logo or another person within it.
 */
export function locateSurface<Person extends Detection>(
  picture: Picture,
  people: readonly Person[],
  { likelihood, court: colors }: Colors,
): LocatedSurface<Person> {
  const isSurface = (cell: number) => likelihood[cell]! >= surfaceThreshold
  const isColored = ({ xyxy }: Person) => shareAround(picture, xyxy, feet, isSurface) >= minShare
  const colored = new Set(people.filter(isColored))
  const grid = colorGrid(picture)
  const ground = findGround(grid, isSurface, [...colored])
  const standing = people.filter(
    person => (colored.has(person) && touchesGround(ground, person.xyxy)) || isWithin(ground, person.xyxy),
  )
  const isCourt = (cell: number) => colors?.[cell] === 1
  const court = colors && findCourt(grid, isCourt, isSurface, standing)
  return { ground, court, standing: standing.map(person => ({ person, onCourt: court?.has(person.xyxy) })) }
}

/** The people of a frame who stand on the playing surface. */
export const standingOn = <Person extends Detection>(
  picture: Picture,
  people: readonly Person[],
  colors: Colors,
): readonly Standing<Person>[] => locateSurface(picture, people, colors).standing
