import { expected, UsageError } from '../../common/errors.js'
import type { Picture } from '../../types.js'
import { colorReader } from '../imaging/colors.js'
import { cellOf, cells, centerOf, findModes, type Mode } from './modes.js'

export interface SurfaceOptions {
  /** Number of frames, spread over the video, from which the colors of the surface are learned. */
  readonly sampleFrames: number
  /** Fractions of a sample frame that are ignored at its top (stands) and bottom (captions). */
  readonly topCropRatio: number
  readonly bottomCropRatio: number
  /** Standard deviations from the surface's colors up to which a pixel is surface. */
  readonly sensitivity: number
}

export const surfaceDefaults: SurfaceOptions = {
  sampleFrames: 5,
  topCropRatio: 0.4,
  bottomCropRatio: 0.05,
  sensitivity: 3,
}

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
  /** Share of the sampled area that is surface, 0 to 1. */
  readonly coverage: number
  /**
   * For each cell of RGB (see `surfaceLikelihood`): 255 at the surface's colors, 128 at `sensitivity` deviations from
   * them, 0 from twice that on.
   */
  readonly likelihood: Uint8Array<SharedArrayBuffer>
}

/** From this likelihood on, a pixel is surface. */
export const surfaceThreshold = 128

/** Likelihood that a color is surface, 0 to 255. @param color as a `colorReader` gives it. */
export function surfaceLikelihood({ likelihood }: SurfaceModel, color: number): number {
  return likelihood[cellOf(color >> 16, (color >> 8) & 255, color & 255)]!
}

/** Columns of a sample frame that are enough to learn from. */
const enoughColumns = 960
/** Least share of the area that a playing surface covers. */
const minCoverage = 0.35
/** Least angle to gray in RGB; closer colors are also those of lines, shirts and shadows. */
const minSaturation = degrees(5)
/** Hues up to this one, in degrees, are orange and brown: wood and clay, but also skin. */
const maxSkinHue = 44
/** Largest angle in RGB between the stripes, worn patches and shaded parts of one surface. */
const maxTint = degrees(8)
/** Least (in shadow) and greatest (in glare) brightness of a surface pixel relative to its mode. */
const shade = [0.42, 1.15] as const

/**
 * Learns the colors of the playing surface.
 * @param samples frames of any size, spread over the video.
 * @throws UsageError when an option is out of range or the crop ratios leave no rows.
 */
export function fitSurface(samples: readonly Picture[], options: Partial<SurfaceOptions> = {}): SurfaceModel {
  const { topCropRatio, bottomCropRatio, sensitivity } = checked({ ...surfaceDefaults, ...options })
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
  const modes = findModes(histogram.slice())
  const likelihood = new Uint8Array(new SharedArrayBuffer(cells))
  const main = modes[0]
  const surface = modes.filter(mode => main !== undefined && angle(mode.mean, main.mean) <= maxTint)
  const coverage = tabulate(likelihood, surface, sensitivity, histogram)
  const reason = unusable(main, coverage)
  return reason === undefined
    ? { found: true, separatesPeople: true, coverage, likelihood }
    : { found: false, separatesPeople: false, reason, coverage, likelihood: likelihood.fill(0) }
}

/** Fills the table and returns the share of the histogram that it classifies as surface. */
function tabulate(
  table: Uint8Array,
  modes: readonly Mode[],
  sensitivity: number,
  histogram: Float64Array,
): number {
  let [covered, total] = [0, 0]
  for (let cell = 0; cell < cells; cell++) {
    const color = centerOf(cell)
    let nearest = Number.POSITIVE_INFINITY
    for (const mode of modes) nearest = Math.min(nearest, shadedDistance(mode, color))
    table[cell] = Math.round(255 * Math.max(0, 1 - nearest / (2 * sensitivity)))
    total += histogram[cell]!
    if (table[cell]! >= surfaceThreshold) covered += histogram[cell]!
  }
  return total === 0 ? 0 : covered / total
}

/**
 * Mahalanobis distance of a color from a mode under the brightness that fits best: light and shadow scale a color but
 * keep its tint (brightness and chromaticity distortion, Horprasert, Harwood and Davis 1999).
 */
function shadedDistance(
  { mean: [mr, mg, mb], precision: p }: Mode,
  [r, g, b]: readonly [number, number, number],
) {
  const wr = p[0] * mr + p[1] * mg + p[2] * mb
  const wg = p[1] * mr + p[3] * mg + p[4] * mb
  const wb = p[2] * mr + p[4] * mg + p[5] * mb
  const best = (wr * r + wg * g + wb * b) / (wr * mr + wg * mg + wb * mb)
  const light = Math.min(shade[1], Math.max(shade[0], best))
  const x = r - light * mr
  const y = g - light * mg
  const z = b - light * mb
  return Math.sqrt(x * (p[0] * x + 2 * (p[1] * y + p[2] * z)) + y * (p[3] * y + 2 * p[4] * z) + p[5] * z * z)
}

/** Why the model cannot be used; undefined when it can. */
function unusable(main: Mode | undefined, coverage: number): string | undefined {
  if (main === undefined || coverage < minCoverage) {
    return `no color dominates: the most common one covers ${Math.round(100 * coverage)}% of the sampled area`
  }
  if (angle(main.mean, [1, 1, 1]) < minSaturation)
    return 'the dominant color is gray, like lines, shirts and shadows'
  const hue = hueOf(main.mean)
  if (hue <= maxSkinHue || hue >= 345) return 'the dominant color is one of wood, clay and skin'
  return undefined
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

type Vector = readonly [number, number, number]

function angle(a: Vector, b: Vector): number {
  const dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
  return Math.acos(Math.min(1, dot / (Math.hypot(...a) * Math.hypot(...b) || 1)))
}

/** Hue in degrees, 0 red, 120 green. */
function hueOf([r, g, b]: Vector): number {
  return (Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) / degrees(1) + 360) % 360
}

function degrees(n: number): number {
  return (n * Math.PI) / 180
}
