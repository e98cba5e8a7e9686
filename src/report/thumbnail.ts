import type { Frame, Xyxy } from '../types.js'
import { colorReader } from '../vision/imaging/colors.js'
import { sharp } from '../vision/imaging/sharp.js'

/** Largest height of a picture in the report, in pixels. */
const MAX_HEIGHT = 160
/** JPEGs of the dataset up to this size are used as they are. */
const MAX_BYTES = 6000

/** Encodes a box of the frame as a small JPEG. The pixels are copied before it returns: then the slot may be freed. */
export function cutOut(frame: Frame, [x1, y1, x2, y2]: Xyxy): Promise<Buffer> {
  const { width, height } = frame
  const [left, top] = [Math.max(0, Math.floor(x1)), Math.max(0, Math.floor(y1))]
  const [right, bottom] = [Math.min(width, Math.ceil(x2)), Math.min(height, Math.ceil(y2))]
  // Nearest-neighbor subsampling: a real resize would dominate the cost.
  const step = Math.ceil(Math.max(1, bottom - top) / MAX_HEIGHT)
  const columns = Math.max(1, Math.floor((right - left) / step))
  const rows = Math.max(1, Math.floor((bottom - top) / step))
  const colorAt = colorReader(frame)
  const small = new Uint8Array(columns * rows * 3)
  for (let row = 0, to = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, to += 3) {
      const color = colorAt(left + column * step, top + row * step)
      small[to] = color >> 16
      small[to + 1] = color >> 8
      small[to + 2] = color
    }
  }
  return encode(small, columns, rows)
}

/** A picture of the report from its RGB. */
export function encode(rgb: Uint8Array, width: number, height: number): Promise<Buffer> {
  const picture = sharp(rgb, { raw: { width, height, channels: 3 } })
  return untilAwaited(picture.jpeg({ quality: 80 }).toBuffer())
}

/** Scales a JPEG down to the size of the report. */
export function shrink(jpeg: Uint8Array): Promise<Uint8Array> {
  if (jpeg.length <= MAX_BYTES) return Promise.resolve(jpeg)
  const picture = sharp(jpeg).resize({ height: MAX_HEIGHT, withoutEnlargement: true })
  return untilAwaited(picture.jpeg({ quality: 70 }).toBuffer())
}

/** Pictures are awaited when the report is written: a failure before must not be an unhandled rejection. */
function untilAwaited<T>(picture: Promise<T>): Promise<T> {
  picture.catch(() => {})
  return picture
}

export const dataUrl = (jpeg: Uint8Array): string =>
  `data:image/jpeg;base64,${Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength).toString('base64')}`
