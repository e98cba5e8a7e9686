import type { Comparison } from './similarity.js'

/** Why two tracks may be one person, in numbers and in a few words. */
export interface Why {
  /** Of the mean colors of both kits: 0 is equal, 1 has no color in common. */
  readonly kitDifference: number
  /** From the last sighting of the earlier track before the later one began. */
  readonly gapSeconds: number
  /** False if there is a cut between them. */
  readonly sameShot: boolean
  /** Of the first box of the later track from where the earlier one was expected, in heights of the player. */
  readonly distance?: number
  /** Height of that box by the expected one. */
  readonly size?: number
  readonly words: string
}

/** Medians: 0.02 to 0.03 between two tracks of one player, 0.15 to 0.24 between two players. */
const sameKit = 0.03
const similarKit = 0.1
/** Ratio of heights. */
const sameSize = 1.15

export function whyOf({ earlier, later, kit, missing }: Comparison): Why {
  const gap = missing?.seconds ?? later.first.seconds - earlier.last.seconds
  const sameShot = missing !== undefined || earlier.shots[1] === later.shots[0]
  const place = missing && { distance: round(missing.distance, 100), size: round(missing.size, 100) }
  return {
    kitDifference: round(kit, 1000),
    gapSeconds: round(gap, 100),
    sameShot,
    ...place,
    words: [
      kit <= sameKit ? 'same kit colors' : kit <= similarKit ? 'similar kit colors' : 'kit colors differ',
      sameShot ? `${round(gap, 10)} s out of sight` : `in another shot, ${round(gap, 10)} s later`,
      ...(place === undefined ? [] : wordsOf(place)),
    ].join(', '),
  }
}

function wordsOf({ distance, size }: { readonly distance: number; readonly size: number }): string[] {
  const ratio = Math.max(size, 1 / size)
  return [
    distance < 0.5
      ? 'where it was expected'
      : `${round(distance, 10)} player heights from where it was expected`,
    ratio <= sameSize
      ? 'same size'
      : size > 1
        ? `${round(size, 10)} times as tall`
        : `${round(size, 100)} of the height`,
  ]
}

const round = (value: number, steps: number): number => Math.round(value * steps) / steps
