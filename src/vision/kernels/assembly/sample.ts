/**
 * Rows of a network's input, sampled bilinearly from planes of 8 bits. First two rows of samples are mixed to one, in
 * units of 1 / 256 and less 128 levels, so that 16 bits are enough; then pairs of its neighbors.
 */

/**
 * Writes a row of the input, in units of 1 / 65536 and less 128 levels.
 * @param top and `bottom` the two rows of samples; `low` is the weight of the second, of 256.
 * @param length samples of a row.
 * @param first index of the left sample for each pixel (32 bits).
 * @param weights of it and of its right neighbor (16 bits each).
 * @param line space for a row of samples of 16 bits, and 32 bytes more.
 * @param row space for as many numbers of 32 bits as there are pixels, in whole fours.
 */
export function sampleRow(
  top: usize,
  bottom: usize,
  low: i32,
  length: i32,
  first: usize,
  weights: usize,
  line: usize,
  row: usize,
  width: i32,
): void {
  const lows = i16x8.splat(<i16>low)
  const highs = i16x8.splat(<i16>(256 - low))
  const middle = i16x8.splat(-32768)
  for (let i = 0; i < length; i += 16) {
    const a = v128.load(top + i)
    const b = v128.load(bottom + i)
    const left = i16x8.add(
      i16x8.mul(i16x8.extend_low_i8x16_u(a), highs),
      i16x8.mul(i16x8.extend_low_i8x16_u(b), lows),
    )
    const right = i16x8.add(
      i16x8.mul(i16x8.extend_high_i8x16_u(a), highs),
      i16x8.mul(i16x8.extend_high_i8x16_u(b), lows),
    )
    v128.store(line + (i << 1), v128.xor(left, middle))
    v128.store(line + (i << 1), v128.xor(right, middle), 16)
  }
  for (let end = row + (width << 2); row < end; row += 16, first += 16, weights += 16) {
    let pairs = v128.load32_zero(line + (load<i32>(first) << 1))
    pairs = v128.load32_lane(line + (load<i32>(first, 4) << 1), pairs, 1)
    pairs = v128.load32_lane(line + (load<i32>(first, 8) << 1), pairs, 2)
    pairs = v128.load32_lane(line + (load<i32>(first, 12) << 1), pairs, 3)
    v128.store(row, i32x4.dot_i16x8_s(pairs, v128.load(weights)))
  }
}

/** Writes one channel of a row of the input: weights of the sampled rows `u`, `v` and `w`, and a constant. */
export function mixRow(
  u: usize,
  v: usize,
  w: usize,
  ofU: f32,
  ofV: f32,
  ofW: f32,
  constant: f32,
  to: usize,
  width: i32,
): void {
  const a = f32x4.splat(ofU)
  const b = f32x4.splat(ofV)
  const c = f32x4.splat(ofW)
  const d = f32x4.splat(constant)
  for (let i = 0; i < width << 2; i += 16) {
    const p = f32x4.mul(a, f32x4.convert_i32x4_s(v128.load(u + i)))
    const q = f32x4.mul(b, f32x4.convert_i32x4_s(v128.load(v + i)))
    const r = f32x4.mul(c, f32x4.convert_i32x4_s(v128.load(w + i)))
    v128.store(to + i, f32x4.add(f32x4.add(p, q), f32x4.add(r, d)))
  }
}
