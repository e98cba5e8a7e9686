/** Splits 16 interleaved pixels into their red, green and blue bytes. */

export function reds(a: v128, b: v128, c: v128): v128 {
  const ab = v128.shuffle<u8>(a, b, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0)
  return v128.shuffle<u8>(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29)
}

export function greens(a: v128, b: v128, c: v128): v128 {
  const ab = v128.shuffle<u8>(a, b, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0)
  return v128.shuffle<u8>(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30)
}

export function blues(a: v128, b: v128, c: v128): v128 {
  const ab = v128.shuffle<u8>(a, b, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0)
  return v128.shuffle<u8>(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31)
}

/** Writes 16 pixels, interleaved. */
export function storePixels(to: usize, r: v128, g: v128, b: v128): void {
  const rg0 = v128.shuffle<u8>(r, g, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5)
  const rg1 = v128.shuffle<u8>(r, g, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26)
  const rg2 = v128.shuffle<u8>(r, g, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0)
  v128.store(to, v128.shuffle<u8>(rg0, b, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15))
  v128.store(to, v128.shuffle<u8>(rg1, b, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15), 16)
  v128.store(to, v128.shuffle<u8>(rg2, b, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31), 32)
}

/** Levels of 4 values each: rounded, half to even, and clamped. */
export function levels(a: v128, b: v128, c: v128, d: v128): v128 {
  const low = i16x8.narrow_i32x4_s(rounded(a), rounded(b))
  const high = i16x8.narrow_i32x4_s(rounded(c), rounded(d))
  return i8x16.narrow_i16x8_u(low, high)
}

export function rounded(value: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(value))
}

/** 4 of 16 bytes as floats. */
export function floats0(bytes: v128): v128 {
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)))
}

export function floats1(bytes: v128): v128 {
  return f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(i16x8.extend_low_i8x16_u(bytes)))
}

export function floats2(bytes: v128): v128 {
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_high_i8x16_u(bytes)))
}

export function floats3(bytes: v128): v128 {
  return f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(i16x8.extend_high_i8x16_u(bytes)))
}
