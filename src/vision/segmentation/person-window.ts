import type { Xyxy } from '../../types.js'
import type { Region } from '../imaging/colors.js'

/** Size of the network's input, in pixels. Of a narrower or a much lower one it sees nobody; a square one takes more time. */
export const inputSize = { width: 192, height: 224 } as const

/**
 * Height of the window as a multiple of the person's. The network was trained on persons with a little more around them;
 * what matters is how tall they are in its input.
 */
const margin = 1.15

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
