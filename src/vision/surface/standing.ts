import type { Detection, Picture } from '../../types.js'
import { cellsAround, feet, shareOf } from './around.js'
import { minShare } from './ground.js'
import { findGround, isWithin, touchesGround } from './ground-region.js'
import { type SurfaceModel, surfaceThreshold } from './surface-model.js'
import type { WorkMemory } from './work-memory.js'

/**
 * Which people of a frame stand on the playing surface: with its colors at the feet, or on a line, a logo or another
 * person within it.
 */
export function standingOn(
  picture: Picture,
  people: readonly Detection[],
  { likelihood }: SurfaceModel,
  memory: WorkMemory,
): boolean[] {
  const isSurface = (cell: number) => likelihood[cell]! >= surfaceThreshold
  const onColors = people.map(({ xyxy }) => shareOf(cellsAround(picture, xyxy, feet), isSurface) >= minShare)
  const standing = people.filter((_, i) => onColors[i])
  const ground = findGround(picture, isSurface, standing, memory)
  return people.map(({ xyxy }, i) => (onColors[i] && touchesGround(ground, xyxy)) || isWithin(ground, xyxy))
}
