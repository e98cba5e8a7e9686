/** A mode of the color histogram: a Gaussian in RGB. */
export interface Mode {
  /** Red, green and blue, 0 to 255. */
  readonly mean: readonly [number, number, number]
  /** Inverse covariance, upper triangle: rr, rg, rb, gg, gb, bb. */
  readonly precision: readonly [number, number, number, number, number, number]
  /** Share of all pixels within three standard deviations. */
  readonly weight: number
  /** Standard deviation perpendicular to the direction from black to the mean: of tint, not of brightness. */
  readonly spread: number
}

/** The histogram and the likelihood table have 64 levels per channel. */
export const levels = 64
export const cells = levels ** 3
const step = 256 / levels

/** Index of the histogram cell of a color. */
export function cellOf(r: number, g: number, b: number): number {
  return ((r >> 2) << 12) | ((g >> 2) << 6) | (b >> 2)
}

/** The same of a color as a `colorReader` gives it. */
export const cellOfColor = (color: number): number => cellOf(color >> 16, (color >> 8) & 255, color & 255)

/** The color in the middle of a cell. */
export function centerOf(cell: number): readonly [number, number, number] {
  const middle = (level: number) => level * step + (step - 1) / 2
  return [middle(cell >> 12), middle((cell >> 6) & 63), middle(cell & 63)]
}

const maxModes = 6
/** Modes with a smaller weight are players and their shadows, not a surface. */
const minWeight = 0.02
/** Squared Mahalanobis distance within which a pixel belongs to a mode: three standard deviations. */
const maxDistance2 = 9
/** Share of its variance that a Gaussian in 3D keeps when it is truncated at three deviations: P(χ²₅ < 9) / P(χ²₃ < 9). */
const keptVariance = 0.918
/** Least standard deviation of a mode, in 8-bit levels: noise, compression and the size of the cells. */
const noiseFloor = 4
/** Standard deviation with which the fit of a mode starts, in 8-bit levels. */
const startDeviation = 10
/** A surface has one tint; a mode with a larger spread, in 8-bit levels, contains several objects. */
const usualSpread = 16

/**
 * The modes of a color histogram, highest peak first. Mean and covariance of a mode are re-estimated over the pixels
 * within three deviations until they converge (as the reweighting step of the MCD estimator, Rousseeuw 1985), so that
 * players and lines do not shift them. Its pixels are then removed and the next peak is fitted.
 * @param histogram `cells` counts; cleared where a mode was found.
 */
export function findModes(histogram: Float64Array, maxSpread = usualSpread): Mode[] {
  const total = histogram.reduce((sum, n) => sum + n, 0)
  const modes: Mode[] = []
  while (modes.length < maxModes) {
    const peak = densest(histogram)
    if (peak === undefined) break
    const mode = fitMode(histogram, peak, total, maxSpread)
    if (mode.weight < minWeight) break
    modes.push(mode)
    for (let cell = 0; cell < cells; cell++) {
      if (histogram[cell] !== 0 && distance2(mode, centerOf(cell)) < maxDistance2) histogram[cell] = 0
    }
  }
  return modes
}

/** The mode of a histogram at a color that is about right; where it has none, the color itself. */
export function modeNear(histogram: Float64Array, color: readonly [number, number, number]): Mode {
  const total = histogram.reduce((sum, n) => sum + n, 0)
  return fitMode(histogram, color, total, usualSpread)
}

/** Squared Mahalanobis distance of a color from a mode. */
export function distance2(
  { mean, precision: p }: Mode,
  [r, g, b]: readonly [number, number, number],
): number {
  const x = r - mean[0]
  const y = g - mean[1]
  const z = b - mean[2]
  return x * (p[0] * x + 2 * (p[1] * y + p[2] * z)) + y * (p[3] * y + 2 * p[4] * z) + p[5] * z * z
}

/** Center of the coarse cell (16 levels per channel) with the most pixels; coarse, since fine counts are noisy. */
function densest(histogram: Float64Array): readonly [number, number, number] | undefined {
  const coarse = new Float64Array(16 ** 3)
  for (let cell = 0; cell < cells; cell++) {
    coarse[((cell >> 14) << 8) | (((cell >> 8) & 15) << 4) | ((cell >> 2) & 15)]! += histogram[cell]!
  }
  let best = 0
  for (let i = 1; i < coarse.length; i++) if (coarse[i]! > coarse[best]!) best = i
  if (coarse[best] === 0) return undefined
  return [(best >> 8) * 16 + 7.5, ((best >> 4) & 15) * 16 + 7.5, (best & 15) * 16 + 7.5]
}

function fitMode(
  histogram: Float64Array,
  start: readonly [number, number, number],
  total: number,
  maxSpread: number,
): Mode {
  const tight = 1 / startDeviation ** 2
  let mode: Mode = { mean: start, precision: [tight, 0, 0, tight, 0, tight], weight: 0, spread: 0 }
  for (let round = 0; round < 12; round++) {
    const next = reestimate(histogram, mode, total)
    // Several objects of like colors: the start is a part of one of them.
    if (round === 0 && next.spread > maxSpread) return { ...mode, weight: next.weight }
    if (next.weight === 0 || next.spread > maxSpread || Math.abs(next.weight - mode.weight) < 1e-4) break
    mode = next
  }
  return mode
}

function reestimate(histogram: Float64Array, mode: Mode, total: number): Mode {
  let n = 0
  let [r, g, b] = [0, 0, 0]
  let [rr, rg, rb, gg, gb, bb] = [0, 0, 0, 0, 0, 0]
  for (let cell = 0; cell < cells; cell++) {
    const count = histogram[cell]!
    if (count === 0) continue
    const color = centerOf(cell)
    if (distance2(mode, color) >= maxDistance2) continue
    const x = color[0] - mode.mean[0]
    const y = color[1] - mode.mean[1]
    const z = color[2] - mode.mean[2]
    n += count
    r += count * x
    g += count * y
    b += count * z
    rr += count * x * x
    rg += count * x * y
    rb += count * x * z
    gg += count * y * y
    gb += count * y * z
    bb += count * z * z
  }
  if (n === 0) return { ...mode, weight: 0 }
  r /= n
  g /= n
  b /= n
  const floor = noiseFloor ** 2
  const covariance = [
    (rr / n - r * r) / keptVariance + floor,
    (rg / n - r * g) / keptVariance,
    (rb / n - r * b) / keptVariance,
    (gg / n - g * g) / keptVariance + floor,
    (gb / n - g * b) / keptVariance,
    (bb / n - b * b) / keptVariance + floor,
  ] as const
  const mean = [mode.mean[0] + r, mode.mean[1] + g, mode.mean[2] + b] as const
  return { mean, precision: invert(...covariance), weight: n / total, spread: spreadAcross(mean, covariance) }
}

function spreadAcross([x, y, z]: Mode['mean'], [a, b, c, d, e, f]: Mode['precision']): number {
  const along =
    (x * (a * x + 2 * (b * y + c * z)) + y * (d * y + 2 * e * z) + f * z * z) / (x * x + y * y + z * z)
  return Math.sqrt((a + d + f - along) / 2)
}

/** Inverse of a symmetric positive definite 3 × 3 matrix, upper triangles in and out. */
function invert(a: number, b: number, c: number, d: number, e: number, f: number): Mode['precision'] {
  const [A, B, C] = [d * f - e * e, c * e - b * f, b * e - c * d]
  const det = a * A + b * B + c * C
  return [A / det, B / det, C / det, (a * f - c * c) / det, (b * c - a * e) / det, (a * d - b * b) / det]
}
