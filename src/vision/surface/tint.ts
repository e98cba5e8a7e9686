import type { Mode } from './modes.js'

/** Least angle to gray in RGB; closer colors are also those of lines, shirts and shadows. */
const minSaturation = degrees(5)
/** Hues up to the first, in degrees, are red to brown, as skin; up to the second also varnished wood is. */
const [maxSkinHue, maxWoodHue] = [44, 52]
/** Largest angle in RGB between the stripes, worn patches and shaded parts of one surface. */
const maxTint = degrees(8)
/**
 * Least (in shadow) and greatest (in glare) brightness of a surface pixel relative to its mode. Where shirts have its
 * tint, as with gray and red, only light shadows are certain.
 */
const [shadow, lightShadow, glare] = [0.42, 0.75, 1.15]

/** Why a color does not tell ground from people; undefined if it does. */
export function likePeople({ mean }: Mode): string | undefined {
  if (isGray(mean)) return 'gray, like lines, shirts and shadows'
  return isReddish(mean, maxWoodHue) ? 'one of wood, clay and skin' : undefined
}

const isGray = (color: Vector) => angle(color, [1, 1, 1]) < minSaturation

function isReddish(color: Vector, maxHue: number): boolean {
  const hue = hueOf(color)
  return hue <= maxHue || hue >= 345
}

/** Whether two modes may be stripes of one surface. */
export const isSameTint = (a: Mode, b: Mode): boolean => angle(a.mean, b.mean) <= maxTint

/**
 * Mahalanobis distance of a color from a mode under the brightness that fits best: light and shadow scale a color but
 * keep its tint (brightness and chromaticity distortion, Horprasert, Harwood and Davis 1999).
 */
export function shadedDistance(mode: Mode): (color: readonly [number, number, number]) => number {
  const { mean, precision: p } = mode
  const [mr, mg, mb] = mean
  const least = isGray(mean) || isReddish(mean, maxSkinHue) ? lightShadow : shadow
  const wr = p[0] * mr + p[1] * mg + p[2] * mb
  const wg = p[1] * mr + p[3] * mg + p[4] * mb
  const wb = p[2] * mr + p[4] * mg + p[5] * mb
  return ([r, g, b]) => {
    const best = (wr * r + wg * g + wb * b) / (wr * mr + wg * mg + wb * mb)
    const light = Math.min(glare, Math.max(least, best))
    const x = r - light * mr
    const y = g - light * mg
    const z = b - light * mb
    return Math.sqrt(
      x * (p[0] * x + 2 * (p[1] * y + p[2] * z)) + y * (p[3] * y + 2 * p[4] * z) + p[5] * z * z,
    )
  }
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
