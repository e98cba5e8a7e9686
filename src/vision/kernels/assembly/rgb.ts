import { floats0, floats1, floats2, floats3, levels, storePixels } from './bytes'

/** Weights of four neighbors for a place between the second and the third: Catmull-Rom cubics. */
let w0: f32 = 0
let w1: f32 = 0
let w2: f32 = 0
let w3: f32 = 0

function weigh(t: f32): void {
  w0 = ((2 - t) * t - 1) * t * 0.5
  w1 = ((3 * t - 5) * t * t + 2) * 0.5
  w2 = ((4 - 3 * t) * t + 1) * t * 0.5
  w3 = (t - 1) * t * t * 0.5
}

/**
 * Converts planes to interleaved RGB. Chroma is interpolated by cubics through its samples.
 * @param luma `width * height` bytes.
 * @param second plane of chroma, as `third`: `stride` bytes a row. It begins one sample before that from which on the
 * first pixel is interpolated.
 * @param startX of the first pixel from a sample of chroma, as `startY`, in pixels.
 * @param stepX pixels for a sample, 1 or 2; as `stepY`.
 * @param rows of red, green and blue: three weights and a constant each, floats.
 * @param lines space for two rows of chroma and two rows of pixels, in floats, and 64 more each.
 */
export function planesToRgb(
  luma: usize,
  second: usize,
  third: usize,
  width: i32,
  height: i32,
  stride: i32,
  startX: f32,
  stepX: i32,
  startY: f32,
  stepY: i32,
  rows: usize,
  lines: usize,
  rgb: usize,
): void {
  const samples = (<usize>(stride + 64)) << 2
  const pixels = (<usize>(width + 64)) << 2
  const a = lines
  const b = a + samples
  const c = b + samples
  const d = c + pixels
  const firstY = floor(startY / <f32>stepY)
  for (let y = 0; y < height; y++, luma += width, rgb += 3 * width) {
    const at = (startY + <f32>y) / <f32>stepY
    const row = floor(at)
    const offset = <usize>(row - firstY) * stride
    weigh(at - row)
    betweenRows(second + offset, stride, a)
    betweenRows(third + offset, stride, b)
    betweenColumns(a, startX, stepX, width, c)
    betweenColumns(b, startX, stepX, width, d)
    toRgb(luma, c, d, rows, rgb, width)
  }
}

/** Mixes four rows of samples by the weights. */
function betweenRows(from: usize, stride: usize, to: usize): void {
  const p = f32x4.splat(w0)
  const q = f32x4.splat(w1)
  const r = f32x4.splat(w2)
  const s = f32x4.splat(w3)
  for (let end = from + stride; from < end; from += 4, to += 16) {
    const a = f32x4.mul(p, floats0(v128.load32_zero(from)))
    const b = f32x4.mul(q, floats0(v128.load32_zero(from + stride)))
    const c = f32x4.mul(r, floats0(v128.load32_zero(from + 2 * stride)))
    const d = f32x4.mul(s, floats0(v128.load32_zero(from + 3 * stride)))
    v128.store(to, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)))
  }
}

/** One number for each pixel of a row. */
function betweenColumns(from: usize, start: f32, step: i32, width: i32, to: usize): void {
  const at = start / <f32>step
  const first = floor(at)
  weigh(at - first)
  const p = f32x4.splat(w0)
  const q = f32x4.splat(w1)
  const r = f32x4.splat(w2)
  const s = f32x4.splat(w3)
  const end = to + ((<usize>width) << 2)
  if (step === 1) {
    for (; to < end; to += 16, from += 16) v128.store(to, cubic(from, p, q, r, s))
    return
  }
  // Pixels at odd places are half a sample further.
  const next = floor(at + 0.5)
  weigh(at + 0.5 - next)
  const t = f32x4.splat(w0)
  const u = f32x4.splat(w1)
  const v = f32x4.splat(w2)
  const w = f32x4.splat(w3)
  const behind = (<usize>(next - first)) << 2
  for (; to < end; to += 32, from += 16) {
    const even = cubic(from, p, q, r, s)
    const odd = cubic(from + behind, t, u, v, w)
    v128.store(to, v128.shuffle<f32>(even, odd, 0, 4, 1, 5))
    v128.store(to, v128.shuffle<f32>(even, odd, 2, 6, 3, 7), 16)
  }
}

function cubic(from: usize, p: v128, q: v128, r: v128, s: v128): v128 {
  const near = f32x4.add(f32x4.mul(p, v128.load(from)), f32x4.mul(q, v128.load(from, 4)))
  return f32x4.add(near, f32x4.add(f32x4.mul(r, v128.load(from, 8)), f32x4.mul(s, v128.load(from, 12))))
}

/** 16 pixels at a time. */
function toRgb(luma: usize, second: usize, third: usize, rows: usize, rgb: usize, width: i32): void {
  for (let i: usize = 0; i < <usize>width; i += 16, rgb += 48) {
    const bytes = v128.load(luma + i)
    const v = second + (i << 2)
    const w = third + (i << 2)
    const r = channel(bytes, v, w, rows)
    const g = channel(bytes, v, w, rows + 16)
    const b = channel(bytes, v, w, rows + 32)
    storePixels(rgb, r, g, b)
  }
}

function channel(luma: v128, second: usize, third: usize, row: usize): v128 {
  const p = v128.load32_splat(row)
  const q = v128.load32_splat(row, 4)
  const r = v128.load32_splat(row, 8)
  const s = v128.load32_splat(row, 12)
  return levels(
    mixed(floats0(luma), v128.load(second), v128.load(third), p, q, r, s),
    mixed(floats1(luma), v128.load(second, 16), v128.load(third, 16), p, q, r, s),
    mixed(floats2(luma), v128.load(second, 32), v128.load(third, 32), p, q, r, s),
    mixed(floats3(luma), v128.load(second, 48), v128.load(third, 48), p, q, r, s),
  )
}

function mixed(u: v128, v: v128, w: v128, p: v128, q: v128, r: v128, s: v128): v128 {
  const ofLuma = f32x4.add(f32x4.mul(p, u), s)
  return f32x4.add(ofLuma, f32x4.add(f32x4.mul(q, v), f32x4.mul(r, w)))
}
