import { blues, greens, reds } from '../bytes'

/**
 * ITU-R BT.601 in full range, as libjpeg: rounded from 16 bits. Written with two differences to save products. Edges are
 * repeated up to `stride` and `rows`.
 * @param stride of the planes, as their `rows` a multiple of 8.
 */
export function toPlanes(
  rgb: usize,
  width: i32,
  height: i32,
  stride: i32,
  rows: i32,
  luma: usize,
  cb: usize,
  cr: usize,
): void {
  for (let y = 0; y < height; y++, rgb += 3 * width) {
    const row = <usize>(y * stride)
    for (let x: usize = 0; x < <usize>width; x += 16) {
      const at = rgb + 3 * x
      convert(v128.load(at), v128.load(at, 16), v128.load(at, 32), row + x, luma, cb, cr)
    }
    padRow(luma + row, width, stride)
    padRow(cb + row, width, stride)
    padRow(cr + row, width, stride)
  }
  padRows(luma, stride, height, rows)
  padRows(cb, stride, height, rows)
  padRows(cr, stride, height, rows)
}

/** 16 pixels. */
function convert(a: v128, b: v128, c: v128, at: usize, luma: usize, cb: usize, cr: usize): void {
  const r = reds(a, b, c)
  const g = greens(a, b, c)
  const u = blues(a, b, c)
  const lowG = i16x8.extend_low_i8x16_u(g)
  const highG = i16x8.extend_high_i8x16_u(g)
  const lowR = i16x8.sub(i16x8.extend_low_i8x16_u(r), lowG)
  const highR = i16x8.sub(i16x8.extend_high_i8x16_u(r), highG)
  const lowB = i16x8.sub(i16x8.extend_low_i8x16_u(u), lowG)
  const highB = i16x8.sub(i16x8.extend_high_i8x16_u(u), highG)
  // Pairs of the differences of red and blue to green.
  const p = v128.shuffle<u16>(lowR, lowB, 0, 8, 1, 9, 2, 10, 3, 11)
  const q = v128.shuffle<u16>(lowR, lowB, 4, 12, 5, 13, 6, 14, 7, 15)
  const s = v128.shuffle<u16>(highR, highB, 0, 8, 1, 9, 2, 10, 3, 11)
  const t = v128.shuffle<u16>(highR, highB, 4, 12, 5, 13, 6, 14, 7, 15)
  const ofLuma = i16x8(19595, 7471, 19595, 7471, 19595, 7471, 19595, 7471)
  const half = i32x4.splat(32768)
  const low = i16x8.narrow_i32x4_s(plus(p, ofLuma, half), plus(q, ofLuma, half))
  const high = i16x8.narrow_i32x4_s(plus(s, ofLuma, half), plus(t, ofLuma, half))
  v128.store(luma + at, i8x16.narrow_i16x8_u(i16x8.add(low, lowG), i16x8.add(high, highG)))
  // Negative, as 32768 does not fit.
  const ofCb = i16x8(11059, -32768, 11059, -32768, 11059, -32768, 11059, -32768)
  v128.store(cb + at, chroma(p, q, s, t, ofCb))
  const ofCr = i16x8(-32768, 5329, -32768, 5329, -32768, 5329, -32768, 5329)
  v128.store(cr + at, chroma(p, q, s, t, ofCr))
}

function plus(pairs: v128, weights: v128, constant: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(pairs, weights), constant), 16)
}

function chroma(p: v128, q: v128, s: v128, t: v128, weights: v128): v128 {
  const low = i16x8.narrow_i32x4_s(minus(p, weights), minus(q, weights))
  return i8x16.narrow_i16x8_u(low, i16x8.narrow_i32x4_s(minus(s, weights), minus(t, weights)))
}

function minus(pairs: v128, weights: v128): v128 {
  return i32x4.shr_s(i32x4.sub(i32x4.splat(8421375), i32x4.dot_i16x8_s(pairs, weights)), 16)
}

function padRow(row: usize, width: i32, stride: i32): void {
  memory.fill(row + width, load<u8>(row + width - 1), stride - width)
}

/** Copies the last of `filled` rows to all rows below it. */
function padRows(plane: usize, stride: i32, filled: i32, rows: i32): void {
  const from = plane + (filled - 1) * stride
  for (let y = filled; y < rows; y++) memory.copy(plane + y * stride, from, stride)
}

/**
 * Means of 2 x 2 samples, in whole blocks. Halves are rounded down and up in turn, as libjpeg does, so that nothing drifts.
 * @param stride of `whole`, a multiple of 16, as its `rows`, of which `height` are of the picture.
 */
export function halveChroma(whole: usize, stride: i32, rows: i32, height: i32, half: usize): void {
  const rounding = i16x8(1, 2, 1, 2, 1, 2, 1, 2)
  const filled = (height + 1) >> 1
  for (let y = 0; y < filled; y++) {
    const top = whole + 2 * y * stride
    const to = half + y * (stride >> 1)
    for (let x = 0; x < stride; x += 16) {
      const a = i16x8.extadd_pairwise_i8x16_u(v128.load(top + x))
      const b = i16x8.extadd_pairwise_i8x16_u(v128.load(top + x + stride))
      const sums = i16x8.shr_u(i16x8.add(i16x8.add(a, b), rounding), 2)
      v128.store64_lane(to + (x >> 1), i8x16.narrow_i16x8_u(sums, sums), 0)
    }
  }
  padRows(half, stride >> 1, filled, rows >> 1)
}
