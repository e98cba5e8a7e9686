import type { Pixels } from './types.js'

/** 0 to 255 each. */
export type Rgb = readonly [number, number, number]

export interface Jitter {
  /** Factors; 1 changes nothing. */
  readonly brightness: number
  readonly contrast: number
  readonly saturation: number
  /** Turn of the colour circle, from -0.5 to 0.5; 0 changes nothing. */
  readonly hue: number
}

export interface Warp {
  /** Left becomes right. */
  readonly flip: boolean
  /** Around the centre, clockwise. */
  readonly radians: number
  /** Pixels to the right and down. */
  readonly shiftX: number
  readonly shiftY: number
}

export interface Rect {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** ITU-R BT.601, as image libraries compute grey. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114]

/**
 * Brightness, contrast, saturation and hue at once, as one affine map of the colour (hue turns the
 * chroma plane of YIQ, which keeps the luma). Only the player changes where a mask tells them from the
 * background.
 * @returns new pixels of the same size
 */
export function jitterColor(
  { rgb, mask }: Pixels & { mask?: Uint8Array },
  jitter: Jitter,
): Uint8Array<ArrayBuffer> {
  const { brightness, contrast, saturation } = jitter
  const pivot = brightness * meanLuma(rgb, mask) * (1 - contrast)
  const [cos, sin] = [Math.cos(jitter.hue * 2 * Math.PI), Math.sin(jitter.hue * 2 * Math.PI)]
  const gain = brightness * contrast
  const bytes = new Uint8Array(rgb)
  const out = new Uint8ClampedArray(bytes.buffer) // rounds and clamps what is written
  for (let i = 0, p = 0; p < rgb.length; i++, p += 3) {
    if (mask !== undefined && mask[i] === 0) continue
    const [r, g, b] = [rgb[p]!, rgb[p + 1]!, rgb[p + 2]!] // inside the loop's bound
    const y = RED * r + GREEN * g + BLUE * b
    const u = 0.596 * r - 0.274 * g - 0.322 * b
    const v = 0.211 * r - 0.523 * g + 0.312 * b
    const i2 = saturation * (cos * u - sin * v)
    const q2 = saturation * (sin * u + cos * v)
    out[p] = gain * (y + 0.956 * i2 + 0.621 * q2) + pivot
    out[p + 1] = gain * (y - 0.272 * i2 - 0.647 * q2) + pivot
    out[p + 2] = gain * (y - 1.106 * i2 + 1.703 * q2) + pivot
  }
  return bytes
}

function meanLuma(rgb: Uint8Array, mask: Uint8Array | undefined): number {
  let sum = 0
  let n = 0
  for (let i = 0, p = 0; p < rgb.length; i++, p += 3) {
    if (mask !== undefined && mask[i] === 0) continue
    sum += RED * rgb[p]! + GREEN * rgb[p + 1]! + BLUE * rgb[p + 2]! // inside the loop's bound
    n++
  }
  return n === 0 ? 0 : sum / n
}

/**
 * Flips, turns and shifts in one pass: each pixel of the result is looked up, bilinearly, where it came
 * from. Outside of the picture there is `fill`.
 * @returns `width * height * 3` new bytes
 */
export function warp(
  rgb: Uint8Array,
  width: number,
  height: number,
  { flip, radians, shiftX, shiftY }: Warp,
  fill: Rgb,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(rgb.length)
  const out = new Uint8ClampedArray(bytes.buffer)
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)]
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2]
  const mirror = flip ? -1 : 1
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p += 3) {
      const [dx, dy] = [x - cx - shiftX, y - cy - shiftY]
      const fromX = cx + mirror * (cos * dx + sin * dy)
      const fromY = cy - sin * dx + cos * dy
      const [x0, y0] = [Math.floor(fromX), Math.floor(fromY)]
      const [fx, fy] = [fromX - x0, fromY - y0]
      for (let c = 0; c < 3; c++) {
        const top = at(x0, y0, c) * (1 - fx) + at(x0 + 1, y0, c) * fx
        const bottom = at(x0, y0 + 1, c) * (1 - fx) + at(x0 + 1, y0 + 1, c) * fx
        out[p + c] = top * (1 - fy) + bottom * fy
      }
    }
  }
  return bytes

  function at(x: number, y: number, c: number): number {
    return x < 0 || y < 0 || x >= width || y >= height ? fill[c]! : rgb[(y * width + x) * 3 + c]! // c is 0 to 2
  }
}

/**
 * Gaussian blur, separable, with the picture's edge repeated outside of it.
 * @param sigma in pixels
 * @returns `width * height * 3` new bytes
 */
export function blur(rgb: Uint8Array, width: number, height: number, sigma: number): Uint8Array<ArrayBuffer> {
  const radius = Math.ceil(2 * sigma)
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  )
  const total = kernel.reduce((sum, weight) => sum + weight, 0)
  kernel.forEach((weight, i) => {
    kernel[i] = weight / total
  })
  const across = new Float32Array(rgb.length)
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p += 3) {
      for (let k = -radius; k <= radius; k++) {
        const from = (y * width + Math.min(width - 1, Math.max(0, x + k))) * 3
        const weight = kernel[k + radius]! // within the kernel
        for (let c = 0; c < 3; c++) across[p + c]! += weight * rgb[from + c]! // within the row
      }
    }
  }
  const bytes = new Uint8Array(rgb.length)
  const out = new Uint8ClampedArray(bytes.buffer)
  const row = new Float32Array(width * 3)
  for (let y = 0; y < height; y++) {
    row.fill(0)
    for (let k = -radius; k <= radius; k++) {
      const from = Math.min(height - 1, Math.max(0, y + k)) * width * 3
      const weight = kernel[k + radius]! // within the kernel
      for (let i = 0; i < row.length; i++) row[i]! += weight * across[from + i]! // within the row
    }
    out.set(row, y * width * 3)
  }
  return bytes
}

/** Paints a rectangle over, in place. */
export function erase(
  rgb: Uint8Array,
  width: number,
  { left, top, width: w, height: h }: Rect,
  color: Rgb,
): void {
  for (let y = top; y < top + h; y++) {
    for (let p = (y * width + left) * 3, end = p + w * 3; p < end; p += 3) rgb.set(color, p)
  }
}
