/** One component of a picture. */
export interface Plane {
  /** Samples of a row; a multiple of 8. */
  readonly stride: number
  /** 0 to 255, row by row. */
  readonly samples: Uint8Array
  /** View on the same memory, four samples each. */
  readonly words: Int32Array
}

/** Luma and the two chroma components of a picture. */
export type Planes = readonly [luma: Plane, cb: Plane, cr: Plane]

interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/** Converts pictures to YCbCr, in memory that is reused for the next picture. */
export class PlaneMemory {
  #memory = new ArrayBuffer(0)
  #used = 0

  /**
   * @param subsampling 1, or 2 for chroma of half the width and height.
   * @returns planes of whole blocks of `8 * subsampling` pixels, with replicated edges; valid until the next call.
   */
  planesOf(picture: Picture, subsampling: 1 | 2): Planes {
    const block = 8 * subsampling
    const stride = Math.ceil(picture.width / block) * block
    const rows = Math.ceil(picture.height / block) * block
    this.#used = 0
    if (this.#memory.byteLength < 4 * stride * rows) this.#memory = new ArrayBuffer(4 * stride * rows)
    const [luma, cb, cr] = [this.#plane(stride, rows), this.#plane(stride, rows), this.#plane(stride, rows)]
    convert(picture, stride, luma.samples, cb.samples, cr.samples)
    padRows(luma, picture.height, rows)
    if (subsampling === 1) {
      padRows(cb, picture.height, rows)
      padRows(cr, picture.height, rows)
      return [luma, cb, cr]
    }
    return [luma, this.#halved(cb, picture.height), this.#halved(cr, picture.height)]
  }

  #plane(stride: number, rows: number): Plane {
    const at = this.#used
    const size = stride * rows
    this.#used += size
    return {
      stride,
      samples: new Uint8Array(this.#memory, at, size),
      words: new Int32Array(this.#memory, at, size / 4),
    }
  }

  #halved(plane: Plane, height: number): Plane {
    const rows = plane.samples.length / plane.stride / 2
    const half = this.#plane(plane.stride / 2, rows)
    const filled = Math.ceil(height / 2)
    padRows(plane, height, 2 * filled)
    halve(plane, half, filled)
    padRows(half, filled, rows)
    return half
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

/** Copies the last of `from` rows to the rows up to `to`. */
function padRows({ samples, stride }: Plane, from: number, to: number): void {
  for (let y = from; y < to; y++) samples.copyWithin(y * stride, (from - 1) * stride, from * stride)
}

/** Means of 2 x 2 samples; halves are rounded down and up in turn, as libjpeg does, so that nothing drifts. */
function halve(from: Plane, to: Plane, rows: number): void {
  const source = from.samples
  const target = to.samples
  const { stride } = from
  for (let y = 0, q = 0; y < rows; y++) {
    for (let x = 0, p = 2 * y * stride; x < to.stride; x++, q++, p += 2) {
      const sum = source[p]! + source[p + 1]! + source[p + stride]! + source[p + stride + 1]!
      target[q] = (sum + 1 + (x & 1)) >> 2
    }
  }
}
