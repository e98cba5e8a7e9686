/**
 * Rows of a network's input, sampled bilinearly from planes of 8 bits. First two rows of samples are mixed to one, in
 * units of 1 / 256 and less 128 levels, so that 16 bits are enough; then pairs of its neighbors.
 */

/**
 * Writes rows of the input, in units of 1 / 65536 and less 128 levels, one after another, `width` in whole fours.
 * @param samples of a plane, `stride` for each of its rows.
 * @param rows of the input: for each the plane's rows above and below it, and the weight of the second, of 256; 32 bits.
 * @param first index of the left sample for each pixel of a row, 32 bits.
 * @param weights of it and of its right neighbor, 16 bits each.
 * @param line space for a row of samples of 16 bits, and 32 bytes more.
 * @param to space for numbers of 32 bits.
 */
export function sampleRows(
  samples: usize,
  stride: i32,
  rows: usize,
  count: i32,
  first: usize,
  weights: usize,
  line: usize,
  to: usize,
  width: i32,
): void {
  const bytes = (<usize>((width + 3) & ~3)) << 2
  for (let y = 0; y < count; y++, rows += 12, to += bytes) {
    const top = samples + load<i32>(rows) * stride
    const bottom = samples + load<i32>(rows, 4) * stride
    mixRows(top, bottom, load<i32>(rows, 8), stride, line)
    for (let i: usize = 0; i < bytes; i += 16) {
      const at = first + i
      let pairs = v128.load32_zero(line + (load<i32>(at) << 1))
      pairs = v128.load32_lane(line + (load<i32>(at, 4) << 1), pairs, 1)
      pairs = v128.load32_lane(line + (load<i32>(at, 8) << 1), pairs, 2)
      pairs = v128.load32_lane(line + (load<i32>(at, 12) << 1), pairs, 3)
      v128.store(to + i, i32x4.dot_i16x8_s(pairs, v128.load(weights + i)))
    }
  }
}

function mixRows(top: usize, bottom: usize, low: i32, length: i32, line: usize): void {
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
}

/** Writes one channel of the input: weights of the sampled `u`, `v` and `w`, and a constant. */
export function mixChannel(
  u: usize,
  v: usize,
  w: usize,
  ofU: f32,
  ofV: f32,
  ofW: f32,
  constant: f32,
  to: usize,
  length: i32,
): void {
  const a = f32x4.splat(ofU)
  const b = f32x4.splat(ofV)
  const c = f32x4.splat(ofW)
  const d = f32x4.splat(constant)
  for (let i = 0; i < length << 2; i += 16) {
    const p = f32x4.mul(a, f32x4.convert_i32x4_s(v128.load(u + i)))
    const q = f32x4.mul(b, f32x4.convert_i32x4_s(v128.load(v + i)))
    const r = f32x4.mul(c, f32x4.convert_i32x4_s(v128.load(w + i)))
    v128.store(to + i, f32x4.add(f32x4.add(p, q), f32x4.add(r, d)))
  }
}

/** Halves a plane: each sample is the mean of four; if a side is odd, its last counts twice. */
export function halve(samples: usize, width: i32, height: i32, to: usize): void {
  const two = i16x8.splat(2)
  for (let y = 0; y < height; y += 2) {
    const top = samples + y * width
    const bottom = y + 1 < height ? top + width : top
    let x = 0
    for (; x + 16 <= width; x += 16, to += 8) {
      const a = i16x8.extadd_pairwise_i8x16_u(v128.load(top + x))
      const b = i16x8.extadd_pairwise_i8x16_u(v128.load(bottom + x))
      const half = i16x8.shr_u(i16x8.add(i16x8.add(a, b), two), 2)
      v128.store64_lane(to, i8x16.narrow_i16x8_u(half, half), 0)
    }
    for (; x < width; x += 2, to++) {
      const right = x + 1 < width ? x + 1 : x
      const upper = <i32>load<u8>(top + x) + <i32>load<u8>(top + right)
      store<u8>(to, (upper + <i32>load<u8>(bottom + x) + <i32>load<u8>(bottom + right) + 2) >> 2)
    }
  }
}
