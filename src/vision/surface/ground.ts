import type { Detection, Picture } from '../../types.js'
import { type Area, cellsAround, feet, front, shareOf, shins, weightOf } from './around.js'
import { type ColorGrid, colorGrid } from './color-grid.js'
import { cells, findModes, type Mode } from './modes.js'

/** What a look at a sample frame found: detections that are surely people. */
export interface Sighting {
  readonly picture: Picture
  readonly people: readonly Detection[]
}

/** Smallest share of ground at the feet of a person who stands on it. Lines, shadow edges and others cover a part. */
export const minShare = 0.3
/** Rows of an area that are enough to learn from. */
export const enoughRows = 24
/** Distance from the lower border, as a share of the frame's height, within which the feet may be out of the picture. */
const border = 0.01

/** Fewest people, and least share of all, from whose feet a color can be told. */
const [fewest, leastOf] = [3, 0.03]
/** Least shares of a color of the ground beside the legs and before the feet, relative to that around the feet. */
const [behind, before] = [0.4, 0.33]
/** Least share of the neighbors, on the grid, that have the same color: ground is one area, a crowd is not. */
const coherence = 0.77
/** Least share of the frame. */
const extent = 0.02
/** Largest spread of a mode, in 8-bit levels: at the feet of people there are many colors. */
const tight = 10
const maxSurfaces = 5
/** Share of the people, by height, on the ground: the others may be officials and spectators. */
const enough = 0.9

interface Person {
  readonly frame: number
  readonly weight: number
  readonly feet: readonly number[]
  readonly shins: readonly number[]
  readonly front: readonly number[]
}

/** Colors on which people stand. */
export interface Ground {
  readonly modes: readonly Mode[]
  /** People whose feet are seen, and the share of them, by height, that stand on these colors. */
  readonly people: number
  readonly support: number
}

/** Whether a color, as a cell of the histogram, is of a mode. */
export type IsOf = (cell: number) => boolean

/**
 * Learns the colors of the ground from the feet of people: of those who stand on none of the known colors, the color
 * that most have at the feet is taken, if it is ground, until none is left.
 * @param known colors to begin with, if most people stand on them.
 * @param membership tells which colors are of some modes.
 */
export function learnGround(
  sightings: readonly Sighting[],
  known: readonly Mode[],
  membership: (modes: readonly Mode[]) => IsOf,
): Ground {
  const people = sightings.flatMap(({ picture, people }, frame) =>
    people.filter(person => hasFeet(person, picture)).map(person => lookAt(person, picture, frame)),
  )
  const grids = sightings.map(({ picture }) => colorGrid(picture))
  const all = total(people)
  const minFrames = Math.min(2, new Set(people.map(({ frame }) => frame)).size)
  const standing = (isGround: IsOf) => people.filter(person => shareOf(person.feet, isGround) >= minShare)

  let modes = total(standing(membership(known))) >= 0.5 * all ? known : []
  for (let round = 0; round < maxSurfaces; round++) {
    const isGround = membership(modes)
    const on = standing(isGround)
    const others = people.filter(person => !on.includes(person))
    if (others.length < fewest || total(on) >= enough * all) break
    const histogram = new Float64Array(cells)
    for (const { feet, weight } of others) for (const cell of feet) histogram[cell]! += weight / feet.length
    // The highest peak first: a mode of several colors is wide and low.
    const next = findModes(histogram, tight).find(mode => {
      const isOf = membership([mode])
      const supporters = others.filter(person => shareOf(person.feet, isOf) >= minShare)
      if (supporters.length < Math.max(fewest, leastOf * people.length)) return false
      if (new Set(supporters.map(({ frame }) => frame)).size < minFrames) return false
      const atFeet = mean(supporters, 'feet', isOf)
      if (mean(supporters, 'shins', isOf) < behind * atFeet) return false
      if (mean(supporters, 'front', isOf) < before * atFeet) return false
      const { share, coherent } = extentOf(grids, isOf)
      return share >= extent && coherent >= coherence
    })
    if (next === undefined) break
    modes = [...modes, next]
  }
  return { modes, people: people.length, support: all === 0 ? 0 : total(standing(membership(modes))) / all }
}

const hasFeet = ({ xyxy: [, , , y2] }: Detection, { height }: Picture): boolean => y2 < (1 - border) * height

function lookAt(person: Detection, picture: Picture, frame: number): Person {
  const look = (area: Area) => cellsAround(picture, person.xyxy, area, enoughRows)
  return { frame, weight: weightOf(person), feet: look(feet), shins: look(shins), front: look(front) }
}

const total = (people: readonly Person[]): number => people.reduce((sum, { weight }) => sum + weight, 0)

const mean = (people: readonly Person[], area: 'feet' | 'shins' | 'front', isOf: IsOf): number =>
  people.reduce((sum, person) => sum + shareOf(person[area], isOf), 0) / people.length

/** Share of the frames that has a color, and share of the right and lower neighbors of these places that has it too. */
function extentOf(
  grids: readonly ColorGrid[],
  isOf: IsOf,
): { readonly share: number; readonly coherent: number } {
  let [n, all, same, neighbors] = [0, 0, 0, 0]
  for (const { columns, cells } of grids) {
    all += cells.length
    for (const [i, cell] of cells.entries()) {
      if (!isOf(cell)) continue
      n++
      for (const [next, exists] of [
        [i + 1, (i + 1) % columns !== 0],
        [i + columns, i + columns < cells.length],
      ] as const) {
        if (!exists) continue
        neighbors++
        if (isOf(cells[next]!)) same++
      }
    }
  }
  return { share: n / Math.max(1, all), coherent: same / Math.max(1, neighbors) }
}
