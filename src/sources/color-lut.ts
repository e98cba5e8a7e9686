import { apply, dot, luminanceWeights, type Primaries, type Rgb, toBt709 } from './primaries.js'

/** How the signal of a video becomes light. */
export type Transfer = 'sdr' | 'hlg' | 'pq'

/**
 * HDR reference white (ITU-R BT.2408, table 1), which becomes the white of SDR. What was SDR before is then the same
 * again. There is no room in SDR for what is brighter.
 */
const whiteNits = 203

/**
 * Points of an axis, of which ffmpeg takes up to 64. The signal of reference white, 0.75 in HLG and 0.581 in PQ, is one
 * of them: between two points the interpolation would round off the edge where clipping begins.
 */
const points: Readonly<Record<Transfer, number>> = { sdr: 61, hlg: 61, pq: 63 }

/**
 * A table from the R'G'B' signal of a video to that of BT.709, as a .cube file (Adobe Cube LUT Specification 1.0)
 * for ffmpeg's `lut3d`.
 */
export function colorLut(primaries: Primaries, transfer: Transfer): string {
  const convert = converter(primaries, transfer)
  const last = points[transfer] - 1
  const axis = Array.from({ length: last + 1 }, (_, i) => i / last)
  const lines = axis.flatMap(b => axis.flatMap(g => axis.map(r => convert([r, g, b]).map(toText).join(' '))))
  return `LUT_3D_SIZE ${axis.length}\n${lines.join('\n')}\n`
}

const toText = (value: number): string => value.toFixed(5)

/** The conversion of one color, as an R'G'B' signal from 0 to 1. */
export function converter(primaries: Primaries, transfer: Transfer): (signal: Rgb) => Rgb {
  const weights = luminanceWeights(primaries)
  const matrix = toBt709(primaries)
  const toLight = displays[transfer]
  return signal => map(intoGamut(apply(matrix, toLight(signal, weights))), fromLight)
}

/** The light of a display that shows the signal, where 1 is white. */
const displays: Readonly<Record<Transfer, (signal: Rgb, weights: Rgb) => Rgb>> = {
  sdr: signal => map(signal, value => value ** gamma),
  pq: signal => map(signal, value => pqNits(value) / whiteNits),
  hlg(signal, weights) {
    const scene = map(signal, hlgScene)
    // The OOTF of BT.2100 for a display of 1000 nits. zimg, and so ffmpeg's zscale, applies it to each channel for
    // itself, which makes colors more saturated than on a display.
    const gain = (1000 * dot(weights, scene) ** 0.2) / whiteNits
    return map(scene, value => value * gain)
  },
}

/**
 * ITU-R BT.1886 with a black of 0: how SDR is shown, which is what HDR is compared with. The camera's curve in BT.709
 * and BT.601 is another.
 */
const gamma = 2.4

const fromLight = (light: number): number => light ** (1 / gamma)

/** ITU-R BT.2100, table 4: the EOTF of PQ, which is that of SMPTE ST 2084. */
function pqNits(signal: number): number {
  const power = signal ** (32 / 2523)
  return 10_000 * (Math.max(0, power - 3424 / 4096) / (2413 / 128 - (2392 / 128) * power)) ** (16384 / 2610)
}

/** ITU-R BT.2100, table 5: the inverse OETF of HLG, from 0 to 1. */
function hlgScene(signal: number): number {
  const a = 0.17883277
  const b = 1 - 4 * a
  const c = 0.5 - a * Math.log(4 * a)
  return signal <= 0.5 ? signal ** 2 / 3 : (Math.exp((signal - c) / a) + b) / 12
}

const grayWeights = luminanceWeights('bt709')

/**
 * Colors within BT.709 stay as they are. What is too saturated is mixed with gray of its luminance, and what is then
 * brighter than white is dimmed, each just as far as needed and with its hue. Clipping each channel for itself would
 * turn a bright orange shirt yellow.
 */
function intoGamut(light: Rgb): Rgb {
  const gray = dot(grayWeights, light)
  const least = Math.min(...light)
  const saturation = least < 0 ? gray / (gray - least) : 1
  const most = Math.max(1, gray + (Math.max(...light) - gray) * saturation)
  return map(light, value => Math.max(0, (gray + (value - gray) * saturation) / most))
}

function map([r, g, b]: Rgb, change: (value: number) => number): Rgb {
  return [change(r), change(g), change(b)]
}
