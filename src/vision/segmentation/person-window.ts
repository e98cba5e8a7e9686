import type { Xyxy } from '../../types.js'
import type { Region } from '../imaging/colors.js'

/** Size of the network's input, in pixels. Of a narrower one it sees nobody; a square one takes a third more time. */
export const inputSize = { width: 192, height: 256 } as const

/** Height of the window as a multiple of the person's: the network was trained on persons with this much around them. */
const margin = 1.3

/**
 * The window around a box that the network looks at, with the person in its middle: in fractions of pixels, and maybe
 * beyond the picture.
 */
export function windowAround([x1, y1, x2, y2]: Xyxy): Region {
  const aspect = inputSize.width / inputSize.height
  const height = margin * Math.max(y2 - y1, (x2 - x1) / aspect)
  const width = height * aspect
  return { x: (x1 + x2 - width) / 2, y: (y1 + y2 - height) / 2, width, height }
}
