/**
 * Colors in YCoCg (Malvar and Sullivan 2003), four floats a pixel: luma, Co and Cg in 8-bit levels, and 1, so that sums
 * count their pixels.
 */

/** For each cell of RGB, of 64 levels a channel, its likelihood to be surface. */
export const likelihoods = memory.data(64 * 64 * 64)

export function likelihoodTable(): usize {
  return likelihoods
}

/**
 * Marks the pixels that are certainly surface with 1 in `certain`, else 0, and those that are not surface with 255 in
 * `mask`, else 0.
 */
export function classify(
  rgb: usize,
  size: i32,
  surfaceFrom: i32,
  certainFrom: i32,
  mask: usize,
  certain: usize,
): void {
  for (let i: usize = 0; i < <usize>size; i++, rgb += 3) {
    const color = load<u32>(rgb)
    const cell = ((color & 0xfc) << 10) | ((color & 0xfc00) >> 4) | ((color >> 18) & 63)
    const likelihood = <i32>load<u8>(likelihoods + cell)
    store<u8>(mask + i, (likelihood - surfaceFrom) >> 31)
    store<u8>(certain + i, (certainFrom - 1 - likelihood) >>> 31)
  }
}

/**
 * Converts to YCoCg and applies a 3 × 3 mean filter, cut at the edges.
 * @param line space for a row of sums, 16 bits for each byte of a row of pixels, and 64 bytes more.
 */
export function smooth(rgb: usize, width: i32, height: i32, line: usize, colors: usize): void {
  const stride = width * 3
  const bytes = (<usize>stride) << 1
  const sums = line + 16
  // Of a pixel: 4 luma, 4 Co and 4 Cg of its red and green, and of its blue.
  const ofRedGreen = i16x8(1, 2, 4, 0, -2, 4, 0, 0)
  const ofBlue = i16x8(1, 0, -4, 0, -2, 0, 0, 0)
  const one = f32x4(0, 0, 0, 1)
  // Nothing is left of the first pixel.
  v128.store(line, i16x8.splat(0))
  for (let y = 0; y < height; y++) {
    const row = rgb + y * stride
    const above = y > 0 ? row - stride : 0
    const below = y + 1 < height ? row + stride : 0
    for (let i: usize = 0; i < <usize>stride; i += 8) {
      let sum = v128.load8x8_u(row + i)
      if (above !== 0) sum = i16x8.add(sum, v128.load8x8_u(above + i))
      if (below !== 0) sum = i16x8.add(sum, v128.load8x8_u(below + i))
      v128.store(sums + (i << 1), sum)
    }
    // Nor right of the last.
    v128.store(sums + bytes, i16x8.splat(0))
    const rows = 1 + i32(above !== 0) + i32(below !== 0)
    const share: f32 = 0.25 / (3 * <f32>rows)
    const shareAtEdge: f32 = 0.25 / (<f32>min(2, width) * <f32>rows)
    const last = sums + bytes - 6
    for (let at = sums; at <= last; at += 6, colors += 16) {
      const sum = i16x8.add(i16x8.add(v128.load(at, 0), v128.load(at - 6)), v128.load(at + 6))
      const redGreen = i8x16.shuffle(sum, sum, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3)
      const blue = i8x16.shuffle(sum, sum, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5)
      const color = i32x4.add(i32x4.dot_i16x8_s(redGreen, ofRedGreen), i32x4.dot_i16x8_s(blue, ofBlue))
      const part = f32x4.splat(at === sums || at === last ? shareAtEdge : share)
      v128.store(colors, v128.or(f32x4.mul(f32x4.convert_i32x4_s(color), part), one))
    }
  }
}

/** One value of each of 4 pixels. */
export function lane(colors: usize, offset: usize): v128 {
  const at = colors + offset
  const two = v128.load32_lane(at + 16, v128.load32_zero(at), 1)
  return v128.load32_lane(at + 48, v128.load32_lane(at + 32, two, 2), 3)
}
