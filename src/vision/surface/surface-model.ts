import { expected, UsageError } from '../../common/errors.js'
import type { Pixels } from '../../types.js'
import { cellOf, cells, centreOf, findModes, type Mode } from './modes.js'

export interface SurfaceOptions {
  /** Frames, spread over the video, from which the colors of the pitch are learnt. */
  readonly sampleFrames: number
  /** Fractions of a sample frame left out at its top and bottom: stands above, captions below. */
  readonly topCropRatio: number
  readonly bottomCropRatio: number
  /** Standard deviations from the pitch's colors up to which a pixel is grass: the larger, the more is. */
  readonly sensitivity: number
  /**
   * Red, green, blue of what takes the place of the background. The mean of ImageNet by default: a network's
   * normalisation makes it zero, and it is neither hair nor boots nor a shirt, as black and white are.
   */
  readonly replacementColor: readonly [number, number, number]
}

export const surfaceDefaults: SurfaceOptions = {
  sampleFrames: 5,
  topCropRatio: 0.4,
  bottomCropRatio: 0.05,
  sensitivity: 3,
  replacementColor: [124, 116, 104],
}

/** What is known of the playing surface; it can be handed to workers, which then share the table. */
export interface SurfaceModel {
  /**
   * False when no color dominates, as in a street, or none that tells the surface from people. Then
   * nothing is filtered and nothing removed: operators pass everything through.
   */
  readonly found: boolean
  /** For a person, when `found` is false: why. */
  readonly reason?: string
  /** Share of the sampled area that is grass, 0 to 1. */
  readonly coverage: number
  /**
   * For each cell of RGB (see `surfaceLikelihood`), 255 at the pitch's own colors, 128 at `sensitivity` deviations from
   * them, 0 at twice that and beyond.
   */
  readonly likelihood: Uint8Array<SharedArrayBuffer>
}

/** From this likelihood on, a pixel is grass. */
export const surfaceThreshold = 128

/** Likelihood that a color is grass, 0 to 255. */
export function surfaceLikelihood({ likelihood }: SurfaceModel, r: number, g: number, b: number): number {
  return likelihood[cellOf(r, g, b)]!
}

/** Less of the area than this is not a playing surface that dominates. */
const minCoverage = 0.35
/** Surfaces nearer to grey than this, as an angle in RGB, look like lines, shirts and shadows. */
const minSaturation = degrees(5)
/** Hues up to here are the orange and brown of wood and clay, but also of skin. */
const maxSkinHue = 44
/** Stripes, worn patches and shade of one surface differ less in tint than this, as an angle in RGB. */
const maxTint = degrees(8)
/** How much darker (in shadow) and lighter (in glare) than a mode the same surface may be. */
const shade = [0.42, 1.15] as const

/**
 * Learns the colors of the playing surface.
 * @param samples frames of any size, RGB, spread over the video; about 960 px wide is plenty.
 * @throws UsageError when an option is out of range or the crops leave nothing.
 */
export function fitSurface(samples: readonly Pixels[], options: Partial<SurfaceOptions> = {}): SurfaceModel {
  const { topCropRatio, bottomCropRatio, sensitivity } = checked({ ...surfaceDefaults, ...options })
  const histogram = new Float64Array(cells)
  for (const { width, height, rgb } of samples) {
    const end = Math.ceil(height * (1 - bottomCropRatio)) * width * 3
    for (let p = Math.floor(height * topCropRatio) * width * 3; p < end; p += 3) {
      histogram[cellOf(rgb[p]!, rgb[p + 1]!, rgb[p + 2]!)]!++
    }
  }
  const modes = findModes(histogram.slice())
  const likelihood = new Uint8Array(new SharedArrayBuffer(cells))
  const main = modes[0]
  const surface = modes.filter(mode => main !== undefined && angle(mode.mean, main.mean) <= maxTint)
  const coverage = tabulate(likelihood, surface, sensitivity, histogram)
  const reason = unusable(main, coverage)
  return reason === undefined
    ? { found: true, coverage, likelihood }
    : { found: false, reason, coverage, likelihood: likelihood.fill(0) }
}

/** Fills the table and returns the share of the histogram that is grass by it. */
function tabulate(
  table: Uint8Array,
  modes: readonly Mode[],
  sensitivity: number,
  histogram: Float64Array,
): number {
  let [grass, total] = [0, 0]
  for (let cell = 0; cell < cells; cell++) {
    const color = centreOf(cell)
    let nearest = Number.POSITIVE_INFINITY
    for (const mode of modes) nearest = Math.min(nearest, shadedDistance(mode, color))
    table[cell] = Math.round(255 * Math.max(0, 1 - nearest / (2 * sensitivity)))
    total += histogram[cell]!
    if (table[cell]! >= surfaceThreshold) grass += histogram[cell]!
  }
  return total === 0 ? 0 : grass / total
}

/**
 * Mahalanobis distance of a color from a mode under the light that fits best: light and shadow scale a color
 * towards black and leave its tint (Horprasert, Harwood and Davis 1999: brightness and chromaticity distortion).
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

function unusable(main: Mode | undefined, coverage: number): string | undefined {
  if (main === undefined || coverage < minCoverage) {
    return `no color dominates: the most common one covers ${Math.round(100 * coverage)}% of the sampled area`
  }
  if (angle(main.mean, [1, 1, 1]) < minSaturation)
    return 'the dominant color is grey, as of lines, shirts and shadows'
  const hue = hueOf(main.mean)
  if (hue <= maxSkinHue || hue >= 345) return 'the dominant color is as of wood, clay and skin'
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
