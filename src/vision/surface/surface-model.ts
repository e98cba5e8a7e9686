import type { IsOf } from './ground.js'
import { cellOfColor, cells, centerOf, type Mode } from './modes.js'
import { likePeople, shadedDistance } from './tint.js'

/** Colors of the playing surface. Workers share its table. */
export interface SurfaceModel {
  /**
   * False when no color dominates, as in a street, or the dominant one does not distinguish the surface from people.
   * Operators then pass everything through unchanged.
   */
  readonly found: boolean
  /** Its colors are not those of people: a crop can be freed of it by color. Never true if `found` is false. */
  readonly separatesPeople: boolean
  /** Why `found` is false, for a message. */
  readonly reason?: string
  /** Its colors; none if `found` is false. */
  readonly modes: readonly Mode[]
  /** Share of the sampled area that is surface, 0 to 1. */
  readonly coverage: number
  /**
   * For each cell of RGB (see `surfaceLikelihood`): 255 at the surface's colors, 128 at `sensitivity` deviations from
   * them, 0 from twice that on.
   */
  readonly likelihood: Uint8Array<SharedArrayBuffer>
  /** 1 for the colors of the court, where it has others than the surface around it; else undefined. */
  readonly court?: Uint8Array<SharedArrayBuffer>
}

/** From this likelihood on, a pixel is surface. */
export const surfaceThreshold = 128

/** Likelihood that a color is surface, 0 to 255. @param color as a `colorReader` gives it. */
export function surfaceLikelihood({ likelihood }: SurfaceModel, color: number): number {
  return likelihood[cellOfColor(color)]!
}

type Table = Pick<SurfaceModel, 'coverage' | 'likelihood'>

export const surfaceOf = (modes: readonly Mode[], table: Table): SurfaceModel => ({
  ...{ found: true, separatesPeople: modes.every(mode => likePeople(mode) === undefined), modes, ...table },
})

export const noSurface = (reason: string, coverage = 0): SurfaceModel => ({
  ...{ found: false, separatesPeople: false, reason, modes: [], coverage },
  likelihood: new Uint8Array(new SharedArrayBuffer(cells)),
})

/** A model as it was learned before, by its colors. */
export const restoreSurface = (
  {
    reason,
    modes,
    coverage,
  }: { readonly reason?: string | undefined } & Pick<SurfaceModel, 'modes' | 'coverage'>,
  sensitivity: number,
): SurfaceModel =>
  reason === undefined
    ? surfaceOf(modes, { ...tabulate(modes, sensitivity), coverage })
    : noSurface(reason, coverage)

/** The table of some modes, and the share of a histogram that it classifies as surface. */
export function tabulate(modes: readonly Mode[], sensitivity: number, histogram?: Float64Array): Table {
  const likelihood = new Uint8Array(new SharedArrayBuffer(cells))
  const likelihoodOf = likelihoodUnder(modes, sensitivity)
  let [covered, total] = [0, 0]
  for (let cell = 0; cell < cells; cell++) {
    likelihood[cell] = likelihoodOf(cell)
    const count = histogram?.[cell] ?? 0
    total += count
    if (likelihood[cell]! >= surfaceThreshold) covered += count
  }
  return { coverage: total === 0 ? 0 : covered / total, likelihood }
}

/** Which colors the table of some modes would classify as surface. */
export function membershipOf(modes: readonly Mode[], sensitivity: number): IsOf {
  const likelihoodOf = likelihoodUnder(modes, sensitivity)
  const known = new Int16Array(cells).fill(-1)
  return cell => {
    if (known[cell]! < 0) known[cell] = likelihoodOf(cell)
    return known[cell]! >= surfaceThreshold
  }
}

function likelihoodUnder(modes: readonly Mode[], sensitivity: number): (cell: number) => number {
  const distances = modes.map(shadedDistance)
  return cell => {
    const color = centerOf(cell)
    let nearest = Number.POSITIVE_INFINITY
    for (const distance of distances) nearest = Math.min(nearest, distance(color))
    return Math.round(255 * Math.max(0, 1 - nearest / (2 * sensitivity)))
  }
}

/** For each cell of the histogram the index of the mode that is nearest to its color. */
export function nearestModes(modes: readonly Mode[]): Uint8Array {
  const distances = modes.map(shadedDistance)
  const nearest = new Uint8Array(cells)
  for (let cell = 0; cell < cells; cell++) {
    const color = centerOf(cell)
    let least = Number.POSITIVE_INFINITY
    for (const [i, distance] of distances.entries()) {
      const d = distance(color)
      if (d < least) {
        least = d
        nearest[cell] = i
      }
    }
  }
  return nearest
}
