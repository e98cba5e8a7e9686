/**
 * Summed-area table (Crow 1984) of the pixels inside a mask: sums of red, green, blue and number of pixels above and to
 * the left of each pixel corner, four numbers of 32 bits each; exact up to eight million pixels.
 */

/** For each pixel the number of pixels of the mask in the 3 × 3 around it. @param line space for a row and 64 bytes. */
export function countAround(mask: usize, width: i32, height: i32, line: usize, counts: usize): void {
  const sums = line + 16
  const bit = i8x16.splat(1)
  v128.store(line, i8x16.splat(0))
  for (let y = 0; y < height; y++, mask += width, counts += width) {
    for (let x = 0; x < width; x += 16) {
      let sum = v128.and(v128.load(mask + x), bit)
      if (y > 0) sum = i8x16.add(sum, v128.and(v128.load(mask + x - width), bit))
      if (y + 1 < height) sum = i8x16.add(sum, v128.and(v128.load(mask + x + width), bit))
      v128.store(sums + x, sum)
    }
    v128.store(sums + width, i8x16.splat(0))
    for (let x = 0; x < width; x += 16) {
      const at = sums + x
      const count = i8x16.add(i8x16.add(v128.load(at), v128.load(at - 1)), v128.load(at + 1))
      v128.store(counts + x, count)
    }
  }
}

/** @param core least count around a pixel of the mask that is summed. */
export function sumCore(
  rgb: usize,
  mask: usize,
  counts: usize,
  core: i32,
  width: i32,
  height: i32,
  table: usize,
): void {
  const stride = (<usize>(width + 1)) << 4
  memory.fill(table, 0, stride)
  // Of a pixel: its red, green and blue, and a 1.
  const one = i32x4(0, 0, 0, 1)
  for (let y = 0; y < height; y++) {
    let sum = i32x4.splat(0)
    table += stride
    v128.store(table, sum)
    for (let x = 0, to = table + 16; x < width; x++, to += 16, rgb += 3, mask++, counts++) {
      if (load<u8>(mask) !== 0 && <i32>load<u8>(counts) >= core) {
        const bytes = v128.load32_zero(rgb)
        const color = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes))
        sum = i32x4.add(sum, v128.or(v128.and(color, i32x4(255, 255, 255, 0)), one))
      }
      v128.store(to, i32x4.add(sum, v128.load(to - stride)))
    }
  }
}

/** Sums over the square of `2 * radius + 1` pixels around a pixel, cut at the edges. */
function sumSquare(table: usize, width: i32, height: i32, x: i32, y: i32, radius: i32): v128 {
  const stride = width + 1
  const left = max(0, x - radius)
  const right = min(width, x + radius + 1)
  const top = table + ((<usize>max(0, y - radius) * stride) << 4)
  const bottom = table + ((<usize>min(height, y + radius + 1) * stride) << 4)
  const above = i32x4.sub(v128.load(top + (left << 4)), v128.load(top + (right << 4)))
  const below = i32x4.sub(v128.load(bottom + (right << 4)), v128.load(bottom + (left << 4)))
  return f32x4.convert_i32x4_s(i32x4.add(above, below))
}

/** Luma, Co and Cg of a color, and its last value. */
function converted(color: v128): v128 {
  const r = f32x4.extract_lane(color, 0)
  const g = f32x4.extract_lane(color, 1)
  const b = f32x4.extract_lane(color, 2)
  const n = f32x4.extract_lane(color, 3)
  return f32x4((r + 2 * g + b) * 0.25, r - b, g - (r + b) * 0.5, n)
}

/** Sum of the products of luma, Co and Cg. */
function dot(a: v128, b: v128): f32 {
  const products = f32x4.mul(a, b)
  const y = f32x4.extract_lane(products, 0)
  return y + f32x4.extract_lane(products, 1) + f32x4.extract_lane(products, 2)
}

/**
 * Moves the boundary of a mask to where the estimated share α of the player in a pixel's color passes `minAlpha`.
 * @param surface local color of the surface, four floats a pixel.
 * @param table of `sumCore`; `counts` of `countAround`.
 * @param prior weight of the mean over a larger radius, as a number of pixels.
 * @param minCore pixels that the near radius must contain.
 * @param minContrast between the colors of both sides, squared.
 */
export function refineBoundary(
  mask: usize,
  rgb: usize,
  surface: usize,
  counts: usize,
  table: usize,
  width: i32,
  height: i32,
  near: i32,
  far: i32,
  prior: f32,
  minCore: f32,
  minContrast: f32,
  minAlpha: f32,
): void {
  const priors = f32x4.splat(prior)
  const total = sumSquare(table, width, height, 0, 0, max(width, height))
  const all = f32x4.div(total, v128.shuffle<f32>(total, total, 3, 3, 3, 3))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, mask++, rgb += 3, surface += 16, counts++) {
      const around = load<u8>(counts)
      if (around === 0 || around === 9) continue
      const nearSum = sumSquare(table, width, height, x, y, near)
      if (f32x4.extract_lane(nearSum, 3) < minCore) continue
      const farSum = sumSquare(table, width, height, x, y, far)
      const rough = f32x4.mul(f32x4.add(farSum, f32x4.mul(priors, all)), share(farSum, prior))
      const fine = f32x4.mul(f32x4.add(nearSum, f32x4.mul(priors, rough)), share(nearSum, prior))
      const local = v128.load(surface)
      const line = f32x4.sub(converted(fine), local)
      const contrast = dot(line, line)
      if (contrast < minContrast) continue
      const bytes = v128.load32_zero(rgb)
      const color = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)))
      const projection = dot(line, f32x4.sub(converted(color), local))
      store<u8>(mask, projection >= minAlpha * contrast ? 255 : 0)
    }
  }
}

function share(sum: v128, prior: f32): v128 {
  return f32x4.splat(1 / (f32x4.extract_lane(sum, 3) + prior))
}
