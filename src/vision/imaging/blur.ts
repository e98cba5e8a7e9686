/**
 * Separable Gaussian blur with replicated edges, in place. Each sum is rounded to single precision after every tap, in
 * the order of the taps: another rounding would sometimes change a byte.
 * @param rgb `width * height * 3` bytes.
 * @param sigma in pixels.
 */
export function blur(rgb: Uint8Array<ArrayBuffer>, width: number, height: number, sigma: number): void {
  const kernel = gaussian(Math.ceil(2 * sigma), sigma)
  const out = new Uint8ClampedArray(rgb.buffer, rgb.byteOffset, rgb.length)
  blurColumns(blurRows(rgb, width, height, kernel), width, height, kernel, out)
}

function blurRows(rgb: Uint8Array, width: number, height: number, kernel: Float64Array): Float32Array {
  const stride = width * 3
  const margin = (kernel.length - 1) * 1.5 // half of the kernel, three channels
  const line = new Uint8Array(stride + 2 * margin)
  const across = new Float32Array(rgb.length)
  for (let y = 0, p = 0; y < height; y++) {
    line.set(rgb.subarray(p, p + stride), margin)
    for (let i = 0; i < margin; i++) {
      line[i] = rgb[p + (i % 3)]! // first pixel of the row
      line[line.length - 1 - i] = rgb[p + stride - 1 - (i % 3)]! // last pixel of the row
    }
    for (let x = 0; x < stride; x += 3, p += 3) {
      let r = 0
      let g = 0
      let b = 0
      for (let k = 0, q = x; k < kernel.length; k++, q += 3) {
        const weight = kernel[k]!
        r = Math.fround(r + weight * line[q]!)
        g = Math.fround(g + weight * line[q + 1]!)
        b = Math.fround(b + weight * line[q + 2]!)
      }
      across[p] = r
      across[p + 1] = g
      across[p + 2] = b
    }
  }
  return across
}

function blurColumns(
  across: Float32Array,
  width: number,
  height: number,
  kernel: Float64Array,
  out: Uint8ClampedArray,
): void {
  const stride = width * 3
  const radius = (kernel.length - 1) / 2
  const rows = new Int32Array(kernel.length)
  for (let y = 0, p = 0; y < height; y++) {
    for (let k = 0; k < rows.length; k++) {
      rows[k] = Math.min(height - 1, Math.max(0, y + k - radius)) * stride
    }
    for (let x = 0; x < stride; x += 3, p += 3) {
      let r = 0
      let g = 0
      let b = 0
      for (let k = 0; k < kernel.length; k++) {
        const weight = kernel[k]!
        const q = rows[k]! + x
        r = Math.fround(r + weight * across[q]!)
        g = Math.fround(g + weight * across[q + 1]!)
        b = Math.fround(b + weight * across[q + 2]!)
      }
      out[p] = r
      out[p + 1] = g
      out[p + 2] = b
    }
  }
}

/** @returns `2 * radius + 1` weights that sum to 1. */
function gaussian(radius: number, sigma: number): Float64Array {
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  )
  const total = kernel.reduce((sum, weight) => sum + weight, 0)
  return Float64Array.from(kernel.map(weight => weight / total)) // doubles, so that no tap needs a conversion
}
