/** One component of a picture, in memory that is reused for the next picture. */
export class Plane {
  /** Samples of a row, and rows; multiples of 8. */
  stride = 0
  rows = 0
  /** 0 to 255, row by row, `stride * rows` of them. */
  samples = new Uint8Array(0)
  /** View on the same memory, four samples each. */
  words = new Int32Array(0)

  /** Prepares the plane for a picture; its samples are undefined then. */
  resize(stride: number, rows: number): void {
    this.stride = stride
    this.rows = rows
    if (this.samples.length >= stride * rows) return
    this.samples = new Uint8Array(stride * rows)
    this.words = new Int32Array(this.samples.buffer)
  }
}

interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/** The luma and chroma of a picture in whole blocks, with replicated edges. */
export class Planes {
  readonly luma = new Plane()
  readonly cb = new Plane()
  readonly cr = new Plane()
  /** Chroma before it is halved. */
  readonly #wholeCb: Plane
  readonly #wholeCr: Plane

  /** @param subsampling 1, or 2 for chroma of half the width and height. */
  constructor(readonly subsampling: 1 | 2) {
    this.#wholeCb = subsampling === 2 ? new Plane() : this.cb
    this.#wholeCr = subsampling === 2 ? new Plane() : this.cr
  }

  /** Fills the planes from a picture. */
  set(picture: Picture): void {
    const { luma, cb, cr, subsampling } = this
    const { width, height } = picture
    const block = 8 * subsampling
    const stride = Math.ceil(width / block) * block
    const rows = Math.ceil(height / block) * block
    luma.resize(stride, rows)
    this.#wholeCb.resize(stride, rows)
    this.#wholeCr.resize(stride, rows)
    convert(picture, stride, luma.samples, this.#wholeCb.samples, this.#wholeCr.samples)
    padRows(luma, height)
    if (subsampling === 2) {
      halve(this.#wholeCb, height, cb)
      halve(this.#wholeCr, height, cr)
    } else {
      padRows(cb, height)
      padRows(cr, height)
    }
  }
}

/** ITU-R BT.601 in full range, as libjpeg: rounded from 16 bits. Written with two differences to save products. */
function convert(
  { width, height, rgb }: Picture,
  stride: number,
  luma: Uint8Array,
  cb: Uint8Array,
  cr: Uint8Array,
): void {
  for (let y = 0, p = 0; y < height; y++) {
    let q = y * stride
    for (const end = q + width; q < end; q++, p += 3) {
      const green = rgb[p + 1]!
      const red = rgb[p]! - green
      const blue = rgb[p + 2]! - green
      luma[q] = green + ((Math.imul(red, 19595) + Math.imul(blue, 7471) + 32768) >> 16)
      cb[q] = ((blue << 15) - Math.imul(red, 11059) + 8421375) >> 16
      cr[q] = ((red << 15) - Math.imul(blue, 5329) + 8421375) >> 16
    }
    for (const end = (y + 1) * stride; q < end; q++) {
      luma[q] = luma[q - 1]!
      cb[q] = cb[q - 1]!
      cr[q] = cr[q - 1]!
    }
  }
}

/** Copies the last of `filled` rows to all rows below it. */
function padRows({ samples, stride, rows }: Plane, filled: number): void {
  const from = (filled - 1) * stride
  for (let y = filled; y < rows; y++) samples.copyWithin(y * stride, from, from + stride)
}

/**
 * Means of 2 x 2 samples. Halves are rounded down and up in turn, as libjpeg does, so that nothing drifts.
 * @param height rows of `whole` that are filled.
 */
function halve(whole: Plane, height: number, half: Plane): void {
  const { stride } = whole
  half.resize(stride / 2, whole.rows / 2)
  const from = whole.samples
  const to = half.samples
  const filled = Math.ceil(height / 2)
  if (height % 2 === 1) from.copyWithin(height * stride, (height - 1) * stride, height * stride)
  for (let y = 0, q = 0; y < filled; y++) {
    for (let x = 0, p = 2 * y * stride; x < half.stride; x++, q++, p += 2) {
      const sum = from[p]! + from[p + 1]! + from[p + stride]! + from[p + stride + 1]!
      to[q] = (sum + 1 + (x & 1)) >> 2
    }
  }
  padRows(half, filled)
}
