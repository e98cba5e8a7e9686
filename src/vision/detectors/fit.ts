import type { Preprocessing } from './family.js'

/** A part of a picture, in whole pixels. */
export interface Region {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Where the scaled picture lies in the network's input; the rest is padding. In pixels of the input. */
export interface Fit extends Region {
  readonly inputWidth: number
  readonly inputHeight: number
}

/** What determines the size of the input. */
type Sizing = Pick<Preprocessing, 'fit' | 'multiple'> & {
  /** Fixed sides; undefined when they are free. */
  readonly width?: number | undefined
  readonly height?: number | undefined
}

/**
 * Fits a picture into the input. A letterbox keeps the aspect ratio. Where the file fixes the size, the picture is scaled
 * to it; elsewhere its long side becomes `longSide`, and the input is padded to multiples.
 */
export function inputFit(width: number, height: number, longSide: number, sizing: Sizing): Fit {
  const { multiple } = sizing
  const free = longSide / Math.max(width, height)
  const scale = Math.min(
    sizing.width === undefined ? free : sizing.width / width,
    sizing.height === undefined ? free : sizing.height / height,
  )
  const scaled = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  }
  const pad = (side: number) => Math.ceil(side / multiple) * multiple
  const inputWidth = sizing.width ?? pad(scaled.width)
  const inputHeight = sizing.height ?? pad(scaled.height)
  if (sizing.fit === 'stretch')
    return { x: 0, y: 0, width: inputWidth, height: inputHeight, inputWidth, inputHeight }
  if (sizing.fit === 'corner') return { x: 0, y: 0, ...scaled, inputWidth, inputHeight }
  // Half pixels go to the right and the bottom.
  const [x, y] = [Math.floor((inputWidth - scaled.width) / 2), Math.floor((inputHeight - scaled.height) / 2)]
  return { x, y, ...scaled, inputWidth, inputHeight }
}
