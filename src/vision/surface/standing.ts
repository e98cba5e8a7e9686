import type { Detection, Picture } from '../../types.js'
import { feet, shareAround } from './around.js'
import { colorGrid } from './color-grid.js'
import { findCourt } from './court.js'
import { minShare } from './ground.js'
import { findGround, isWithin, touchesGround } from './ground-region.js'
import { type SurfaceModel, surfaceThreshold } from './surface-model.js'

/** A person who stands on the playing surface. */
export interface Standing<Person> {
  readonly person: Person
  /** Whether that is the court, as against the area around it; undefined if they are not told apart. */
  readonly onCourt: boolean | undefined
}

/**
 * The people of a frame who stand on the playing surface: with its colors at the feet, or on a line, a logo or another
 * person within it.
 */
export function standingOn<Person extends Detection>(
  picture: Picture,
  people: readonly Person[],
  { likelihood, court }: Pick<SurfaceModel, 'likelihood' | 'court'>,
): Standing<Person>[] {
  const isSurface = (cell: number) => likelihood[cell]! >= surfaceThreshold
  const isColored = ({ xyxy }: Person) => shareAround(picture, xyxy, feet, isSurface) >= minShare
  const colored = new Set(people.filter(isColored))
  const grid = colorGrid(picture)
  const ground = findGround(grid, isSurface, [...colored])
  const standing = people.filter(
    person => (colored.has(person) && touchesGround(ground, person.xyxy)) || isWithin(ground, person.xyxy),
  )
  const isCourt = (cell: number) => court?.[cell] === 1
  const isOnCourt = court && findCourt(grid, isCourt, isSurface, standing)
  return standing.map(person => ({ person, onCourt: isOnCourt?.(person.xyxy) }))
}
