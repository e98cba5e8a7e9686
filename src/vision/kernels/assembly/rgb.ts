import { floats0, floats1, floats2, floats3, levels, storePixels } from './bytes'

/** Planes of chroma become interleaved RGB with luma: cubics over four samples in each direction, then a matrix. */

/** Samples between four others of a plane, by their weights. @param length of them, in whole fours. */
export function betweenRows(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  ofA: f32,
  ofB: f32,
  ofC: f32,
  ofD: f32,
  to: usize,
  length: i32,
): void {
  for (let i: usize = 0; i < <usize>length; i += 4) {
    const p = f32x4.mul(f32x4.splat(ofA), floats0(v128.load32_zero(a + i)))
    const q = f32x4.mul(f32x4.splat(ofB), floats0(v128.load32_zero(b + i)))
    const r = f32x4.mul(f32x4.splat(ofC), floats0(v128.load32_zero(c + i)))
    const s = f32x4.mul(f32x4.splat(ofD), floats0(v128.load32_zero(d + i)))
    v128.store(to + (i << 2), f32x4.add(f32x4.add(p, q), f32x4.add(r, s)))
  }
}

/** The same between four neighbors: one for each of them on. @param length numbers, in whole fours. */
export function betweenColumns(
  from: usize,
  ofA: f32,
  ofB: f32,
  ofC: f32,
  ofD: f32,
  to: usize,
  length: i32,
): void {
  for (let end = to + (length << 2); to < end; to += 16, from += 16) {
    v128.store(to, cubic(from, ofA, ofB, ofC, ofD))
  }
}

/** As `betweenColumns` from two places in turn: for pixels of which two have a sample. @param length in whole eights. */
export function betweenColumnPairs(
  even: usize,
  evenA: f32,
  evenB: f32,
  evenC: f32,
  evenD: f32,
  odd: usize,
  oddA: f32,
  oddB: f32,
  oddC: f32,
  oddD: f32,
  to: usize,
  length: i32,
): void {
  for (let end = to + (length << 2); to < end; to += 32, even += 16, odd += 16) {
    const p = cubic(even, evenA, evenB, evenC, evenD)
    const q = cubic(odd, oddA, oddB, oddC, oddD)
    v128.store(to, v128.shuffle<f32>(p, q, 0, 4, 1, 5))
    v128.store(to, v128.shuffle<f32>(p, q, 2, 6, 3, 7), 16)
  }
}

function cubic(from: usize, ofA: f32, ofB: f32, ofC: f32, ofD: f32): v128 {
  const p = f32x4.mul(f32x4.splat(ofA), v128.load(from))
  const q = f32x4.mul(f32x4.splat(ofB), v128.load(from, 4))
  const r = f32x4.mul(f32x4.splat(ofC), v128.load(from, 8))
  const s = f32x4.mul(f32x4.splat(ofD), v128.load(from, 12))
  return f32x4.add(f32x4.add(p, q), f32x4.add(r, s))
}

/**
 * @param luma bytes; `second` and `third` the chroma as floats.
 * @param rows of red, green and blue: three weights and a constant each, floats.
 * @param length pixels, in whole 16.
 */
export function toRgb(luma: usize, second: usize, third: usize, rows: usize, rgb: usize, length: i32): void {
  for (let i: usize = 0; i < <usize>length; i += 16, rgb += 48) {
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
