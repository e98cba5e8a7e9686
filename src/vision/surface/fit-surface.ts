import { expected, UsageError } from '../../common/errors.js'
import type { Rgb } from '../../settings/setting.js'
import type { Picture } from '../../types.js'
import { colorReader } from '../imaging/colors.js'
import { type Ground, learnGround, type Sighting } from './ground.js'
import { cellOf, cells, findModes, type Mode, modeNear } from './modes.js'
import { standingOn } from './standing.js'
import {
  membershipOf,
  nearestModes,
  noSurface,
  type SurfaceModel,
  surfaceOf,
  surfaceThreshold,
  tabulate,
} from './surface-model.js'
import { isSameTint, likePeople } from './tint.js'

export interface SurfaceOptions {
  /** Number of frames, spread over the video, from which the colors of the surface are learned. */
  readonly sampleFrames: number
  /** Fractions of a sample frame that are ignored at its top (stands) and bottom (captions). */
  readonly topCropRatio: number
  readonly bottomCropRatio: number
  /** Standard deviations from the surface's colors up to which a pixel is surface. */
  readonly sensitivity: number
  /** About its colors, if they are known, that of the court first: red, green, blue, 0 to 255. */
  readonly colors?: readonly Rgb[] | undefined
}

export const surfaceDefaults: SurfaceOptions = {
  sampleFrames: 5,
  topCropRatio: 0.4,
  bottomCropRatio: 0.05,
  sensitivity: 3,
}

/** Columns of a sample frame that are enough to learn from. */
const enoughColumns = 960
/** Least share of the area that a playing surface covers. */
const minCoverage = 0.35
/** Fewest people who tell that they do not stand on the most common color, and what they stand on. */
const [fewestToDoubt, fewestToLearn] = [3, 6]
/** Share of the people, by weight, that stand on a playing surface; with less, the game may be elsewhere. */
const minSupport = 0.5

/**
 * Learns the colors of the playing surface: of any color where people stand on it, and if too few are seen, the color
 * that covers most of the frames, unless it is also one of people.
 * @param samples frames of any size, spread over the video.
 * @param sightings the people in some of them.
 * @throws UsageError when an option is out of range or the crop ratios leave no rows.
 */
export function fitSurface(
  samples: readonly Picture[],
  options: Partial<SurfaceOptions> = {},
  sightings: readonly Sighting[] = [],
): SurfaceModel {
  const { topCropRatio, bottomCropRatio, sensitivity, colors } = checked({ ...surfaceDefaults, ...options })
  const histogram = histogramOf(samples, topCropRatio, bottomCropRatio)
  const accept = (modes: readonly Mode[]) => surfaceOf(modes, tabulate(modes, sensitivity, histogram))
  if (colors !== undefined) {
    const surface = accept(colors.map(color => modeNear(histogram, color)))
    const [court, ...others] = surface.modes
    const isTold = court !== undefined && others.some(mode => !isSameTint(mode, court))
    return isTold ? { ...surface, court: colorsOf(surface, court) } : surface
  }
  const found = findModes(histogram.slice())
  const [main] = found
  const dominant = found.filter(mode => main !== undefined && isSameTint(mode, main))
  const byColor = accept(dominant)
  const unclear = unusable(main, byColor.coverage)
  const known = unclear === undefined ? dominant : []
  const ground = learnGround(sightings, known, modes => membershipOf(modes, sensitivity))
  if (ground.people >= (unclear === undefined ? fewestToDoubt : fewestToLearn)) {
    const reason = unsupported(ground)
    if (reason !== undefined) return noSurface(reason, byColor.coverage)
    const surface = ground.modes === known ? byColor : accept(ground.modes)
    return { ...surface, ...courtOf(surface, sightings) }
  }
  return unclear === undefined ? byColor : noSurface(unclear, byColor.coverage)
}

function histogramOf(samples: readonly Picture[], topCropRatio: number, bottomCropRatio: number) {
  const histogram = new Float64Array(cells)
  for (const sample of samples) {
    const { width, height } = sample
    const colorAt = colorReader(sample)
    const step = Math.ceil(width / enoughColumns)
    const end = Math.ceil(height * (1 - bottomCropRatio))
    for (let y = Math.floor(height * topCropRatio); y < end; y += step) {
      for (let x = 0; x < width; x += step) {
        const color = colorAt(x, y)
        histogram[cellOf(color >> 16, (color >> 8) & 255, color & 255)]!++
      }
    }
  }
  return histogram
}

/** Why the dominant color cannot be used by itself; undefined when it can. */
function unusable(main: Mode | undefined, coverage: number): string | undefined {
  if (main === undefined || coverage < minCoverage) {
    return `no color dominates: the most common one covers ${Math.round(100 * coverage)}% of the sampled area`
  }
  const like = likePeople(main)
  return like === undefined ? undefined : `the dominant color is ${like}`
}

/** Why the ground on which people stand is not a playing surface; undefined if it is. */
function unsupported({ people, support }: Ground): string | undefined {
  return support >= minSupport
    ? undefined
    : `only ${Math.round(100 * support)}% of the ${people} people in the sample frames stand on colors that they share`
}

function checked(options: SurfaceOptions): SurfaceOptions {
  const { topCropRatio, bottomCropRatio, sensitivity } = options
  for (const [name, ratio] of Object.entries({ topCropRatio, bottomCropRatio })) {
    if (!(ratio >= 0 && ratio < 1))
      throw new UsageError(expected('a fraction from 0 to below 1', name, ratio))
  }
  if (topCropRatio + bottomCropRatio >= 1) {
    throw new UsageError(
      expected('a sum below 1', 'topCropRatio + bottomCropRatio', topCropRatio + bottomCropRatio),
    )
  }
  if (!(sensitivity > 0 && sensitivity <= 20)) {
    throw new UsageError(expected('a number above 0 and up to 20', 'sensitivity', sensitivity))
  }
  return options
}

/** 1 for the colors of a surface that are those of modes with a tint. */
function colorsOf({ modes, likelihood }: SurfaceModel, tint: Mode): Uint8Array<SharedArrayBuffer> {
  const nearest = nearestModes(modes)
  const isTint = modes.map(mode => isSameTint(mode, tint))
  const colors = new Uint8Array(new SharedArrayBuffer(cells))
  for (let cell = 0; cell < cells; cell++)
    colors[cell] = likelihood[cell]! >= surfaceThreshold && isTint[nearest[cell]!] ? 1 : 0
  return colors
}

/** The colors of the court, if in most sample frames it can be told from the rest of the surface. */
function courtOf(surface: SurfaceModel, sightings: readonly Sighting[]): Pick<SurfaceModel, 'court'> {
  const { modes, likelihood } = surface
  const tints = modes.filter((mode, i) => modes.findIndex(other => isSameTint(other, mode)) === i)
  if (tints.length < 2) return {}
  for (const tint of tints) {
    const court = colorsOf(surface, tint)
    const clear = sightings.filter(({ picture, people }) =>
      standingOn(picture, people, { likelihood, court }).some(({ onCourt }) => onCourt),
    )
    if (clear.length > sightings.length / 2) return { court }
  }
  return {}
}
