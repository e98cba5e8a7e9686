import type { Region } from '../imaging/colors.js'
import type { Preprocessing } from './family.js'

export type { Region }

/** Where the scaled picture lies in the network's input; the rest is padding. In pixels of the input. */
export interface Fit extends Region {
  readonly inputWidth: number
  readonly inputHeight: number
  /** Pixels of the input for one of the picture, by which boxes are scaled back. */
  readonly scaleX: number
  readonly scaleY: number
}

/** What determines the size of the input. */
type Sizing = Pick<Preprocessing, 'fit' | 'multiple' | 'rounding'> & {
  /** Fixed sides; undefined when they are free. */
  readonly width?: number | undefined
  readonly height?: number | undefined
}

/**
 * Fits a picture into the input. A letterbox keeps the aspect ratio. Where the file fixes the size, the picture is scaled
 * to it; elsewhere its long side becomes `longSide`, and the input is padded to multiples. To stretch ignores the aspect
 * ratio: a free input is a square of `longSide`.
 */
export function inputFit(width: number, height: number, longSide: number, sizing: Sizing): Fit {
  const { multiple, rounding = 'nearest' } = sizing
  const pad = (side: number) => Math.ceil(side / multiple) * multiple
  const filled = (sides: { width: number; height: number }, input = sides) => ({
    ...{ ...sides, inputWidth: input.width, inputHeight: input.height },
    ...{ scaleX: sides.width / width, scaleY: sides.height / height },
  })
  if (sizing.fit === 'stretch' || sizing.fit === 'none') {
    const free = sizing.fit === 'none' ? { width, height } : { width: pad(longSide), height: pad(longSide) }
    const sides = { width: sizing.width ?? free.width, height: sizing.height ?? free.height }
    return { x: 0, y: 0, ...filled(sides) }
  }
  const free = longSide / Math.max(width, height)
  const scale = Math.min(
    sizing.width === undefined ? free : sizing.width / width,
    sizing.height === undefined ? free : sizing.height / height,
  )
  const round = rounding === 'down' ? Math.floor : Math.round
  const scaled = { width: Math.max(1, round(width * scale)), height: Math.max(1, round(height * scale)) }
  const input = { width: sizing.width ?? pad(scaled.width), height: sizing.height ?? pad(scaled.height) }
  const exact = rounding === 'down' ? { scaleX: scale, scaleY: scale } : {}
  const fit = { ...filled(scaled, input), ...exact }
  if (sizing.fit === 'corner') return { x: 0, y: 0, ...fit }
  // Half pixels go to the right and the bottom.
  const [x, y] = [
    Math.floor((input.width - scaled.width) / 2),
    Math.floor((input.height - scaled.height) / 2),
  ]
  return { x, y, ...fit }
}
