/** 8 rows of 8 coefficients of 16 bits, in place. */

/**
 * One direction of the transform of samples, less 128, into coefficients, scaled by 8: of the rows, which become columns.
 * The integer arithmetic is that of libjpeg ("islow"), to the last bit; products are of pairs, with constants in units of
 * 1 / 8192.
 * Source: Loeffler, Ligtenberg and Moschytz 1989, Practical fast 1-D DCT algorithms with 11 multiplications.
 * @param isFirst the first direction keeps two more bits.
 */
export function transform(block: usize, isFirst: bool): void {
  let s0 = v128.load(block)
  let s1 = v128.load(block, 16)
  let s2 = v128.load(block, 32)
  let s3 = v128.load(block, 48)
  let s4 = v128.load(block, 64)
  let s5 = v128.load(block, 80)
  let s6 = v128.load(block, 96)
  let s7 = v128.load(block, 112)
  // Three perfect shuffles transpose.
  for (let i = 0; i < 3; i++) {
    const t0 = low(s0, s4)
    const t1 = high(s0, s4)
    const t2 = low(s1, s5)
    const t3 = high(s1, s5)
    const t4 = low(s2, s6)
    const t5 = high(s2, s6)
    const t6 = low(s3, s7)
    const t7 = high(s3, s7)
    s0 = t0
    s1 = t1
    s2 = t2
    s3 = t3
    s4 = t4
    s5 = t5
    s6 = t6
    s7 = t7
  }
  const a0 = i16x8.add(s0, s7)
  const a1 = i16x8.add(s1, s6)
  const a2 = i16x8.add(s2, s5)
  const a3 = i16x8.add(s3, s4)
  const b0 = i16x8.sub(s0, s7)
  const b1 = i16x8.sub(s1, s6)
  const b2 = i16x8.sub(s2, s5)
  const b3 = i16x8.sub(s3, s4)
  const c0 = i16x8.add(a0, a3)
  const c1 = i16x8.add(a1, a2)
  const c2 = i16x8.sub(a1, a2)
  const c3 = i16x8.sub(a0, a3)
  const sum = i16x8.add(c0, c1)
  const difference = i16x8.sub(c0, c1)
  if (isFirst) {
    v128.store(block, i16x8.shl(sum, 2))
    v128.store(block, i16x8.shl(difference, 2), 64)
  } else {
    v128.store(block, i16x8.shr_s(i16x8.add(sum, i16x8.splat(2)), 2))
    v128.store(block, i16x8.shr_s(i16x8.add(difference, i16x8.splat(2)), 2), 64)
  }
  const shift = isFirst ? 11 : 15
  const even0 = low(c2, c3)
  const even1 = high(c2, c3)
  v128.store(block, scaled(even0, even1, 4433, 10703, shift), 32)
  v128.store(block, scaled(even0, even1, -10704, 4433, shift), 96)
  const p0 = low(b0, b1)
  const p1 = high(b0, b1)
  const q0 = low(b2, b3)
  const q1 = high(b2, b3)
  v128.store(block, scaledFour(p0, p1, q0, q1, 11363, 9633, 6437, 2260, shift), 16)
  v128.store(block, scaledFour(p0, p1, q0, q1, 9633, -2259, -11362, -6436, shift), 48)
  v128.store(block, scaledFour(p0, p1, q0, q1, 6437, -11362, 2261, 9633, shift), 80)
  v128.store(block, scaledFour(p0, p1, q0, q1, 2260, -6436, 9633, -11363, shift), 112)
}

function low(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
}

function high(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
}

/** Pairs of constants. */
function pairs(first: i32, second: i32): v128 {
  return i32x4.splat((first & 0xffff) | (second << 16))
}

function scaled(low: v128, high: v128, first: i32, second: i32, shift: i32): v128 {
  const weights = pairs(first, second)
  return rounded(i32x4.dot_i16x8_s(low, weights), i32x4.dot_i16x8_s(high, weights), shift)
}

function scaledFour(
  p0: v128,
  p1: v128,
  q0: v128,
  q1: v128,
  first: i32,
  second: i32,
  third: i32,
  fourth: i32,
  shift: i32,
): v128 {
  const p = pairs(first, second)
  const q = pairs(third, fourth)
  const low = i32x4.add(i32x4.dot_i16x8_s(p0, p), i32x4.dot_i16x8_s(q0, q))
  const high = i32x4.add(i32x4.dot_i16x8_s(p1, p), i32x4.dot_i16x8_s(q1, q))
  return rounded(low, high, shift)
}

function rounded(low: v128, high: v128, shift: i32): v128 {
  const half = i32x4.splat((1 << shift) >> 1)
  const first = i32x4.shr_s(i32x4.add(low, half), shift)
  return i16x8.narrow_i32x4_s(first, i32x4.shr_s(i32x4.add(high, half), shift))
}
