import type { Frame, Xyxy } from '../types.js'
import { sharp } from '../vision/imaging/sharp.js'

/** Pixels; a picture of the report is not taller. */
const MAX_HEIGHT = 160
/** A JPEG of the dataset that is no larger is its own thumbnail. */
const MAX_BYTES = 6000

/**
 * A box of the frame as a small JPEG. The pixels are taken before it returns, so that the frame's slot may
 * be given back; the JPEG comes when it is ready.
 */
export function cutOut({ rgb, width, height }: Frame, [x1, y1, x2, y2]: Xyxy): Promise<Buffer> {
  const [left, top] = [Math.max(0, Math.floor(x1)), Math.max(0, Math.floor(y1))]
  const [right, bottom] = [Math.min(width, Math.ceil(x2)), Math.min(height, Math.ceil(y2))]
  // Every n-th pixel: a resize would cost more than all the rest of it.
  const step = Math.ceil(Math.max(1, bottom - top) / MAX_HEIGHT)
  const columns = Math.max(1, Math.floor((right - left) / step))
  const rows = Math.max(1, Math.floor((bottom - top) / step))
  const small = new Uint8Array(columns * rows * 3)
  for (let row = 0, to = 0; row < rows; row++) {
    let from = ((top + row * step) * width + left) * 3
    for (let column = 0; column < columns; column++, from += step * 3, to += 3) {
      small[to] = rgb[from]!
      small[to + 1] = rgb[from + 1]!
      small[to + 2] = rgb[from + 2]!
    }
  }
  const picture = sharp(small, { raw: { width: columns, height: rows, channels: 3 } })
  return untilAwaited(picture.jpeg({ quality: 80 }).toBuffer())
}

/** A finished JPEG as one that is small enough for the report. */
export function shrink(jpeg: Uint8Array): Promise<Uint8Array> {
  if (jpeg.length <= MAX_BYTES) return Promise.resolve(jpeg)
  const picture = sharp(jpeg).resize({ height: MAX_HEIGHT, withoutEnlargement: true })
  return untilAwaited(picture.jpeg({ quality: 70 }).toBuffer())
}

/** Pictures are awaited when the report is written: until then a failure is nobody's, and must not end the process. */
function untilAwaited<T>(picture: Promise<T>): Promise<T> {
  picture.catch(() => {})
  return picture
}

export const dataUrl = (jpeg: Uint8Array): string =>
  `data:image/jpeg;base64,${Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength).toString('base64')}`
