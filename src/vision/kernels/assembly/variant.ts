import { blues, floats0, greens, reds, rounded } from './bytes'

/**
 * Pictures laid out for bilinear sampling: four bytes per pixel, red lowest and the highest zero, and a border of one
 * pixel, so that the edge needs no checks.
 */

/** Sum of the luma (ITU-R BT.601, in thousandths) of the pixels inside a mask, and their number. */
let sum: f64 = 0
let count: f64 = 0

/** Mean luma of the pixels whose mask is not 0; 0 if there are none. */
export function meanLuma(rgb: usize, mask: usize, size: i32): f64 {
  sum = 0
  count = 0
  let at = 0
  for (; at + 16 <= size; at += 16, rgb += 48) {
    const inside = i8x16.ne(v128.load(mask + at), i8x16.splat(0))
    if (!v128.any_true(inside)) continue
    const a = v128.load(rgb)
    const b = v128.load(rgb, 16)
    const c = v128.load(rgb, 32)
    add(v128.and(reds(a, b, c), inside), v128.and(greens(a, b, c), inside), v128.and(blues(a, b, c), inside))
    count += popcnt(i8x16.bitmask(inside))
  }
  for (; at < size; at++, rgb += 3) {
    if (load<u8>(mask + at) === 0) continue
    sum += 299 * <f64>load<u8>(rgb) + 587 * <f64>load<u8>(rgb, 1) + 114 * <f64>load<u8>(rgb, 2)
    count++
  }
  return count === 0 ? 0 : sum / (1000 * count)
}

function add(r: v128, g: v128, b: v128): void {
  sum += 299 * total(r) + 587 * total(g) + 114 * total(b)
}

function total(bytes: v128): f64 {
  const fours = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes))
  const first = i32x4.extract_lane(fours, 0) + i32x4.extract_lane(fours, 1)
  return <f64>(first + i32x4.extract_lane(fours, 2) + i32x4.extract_lane(fours, 3))
}

/**
 * Lays a picture out, and maps the colors of the pixels whose mask is not 0.
 * @param fill word of the border.
 * @param columns weights of red, of green and of blue in the three channels, and constants; four floats each.
 */
export function layOut(
  rgb: usize,
  mask: usize,
  width: i32,
  height: i32,
  fill: i32,
  columns: usize,
  words: usize,
): void {
  const stride = (<usize>(width + 2)) << 2
  fillWords(words, width + 2, fill)
  fillWords(words + <usize>(height + 1) * stride, width + 2, fill)
  const ofRed = v128.load(columns)
  const ofGreen = v128.load(columns, 16)
  const ofBlue = v128.load(columns, 32)
  const constants = v128.load(columns, 48)
  for (let y = 0; y < height; y++) {
    words += stride
    store<i32>(words, fill)
    let to = words + 4
    for (let x = 0; x < width; x++, to += 4, rgb += 3, mask++) {
      const word = load<u32>(rgb) & 0xffffff
      if (load<u8>(mask) === 0) {
        store<u32>(to, word)
        continue
      }
      const color = floats0(i32x4.splat(word))
      const red = f32x4.mul(ofRed, v128.shuffle<f32>(color, color, 0, 0, 0, 0))
      const green = f32x4.mul(ofGreen, v128.shuffle<f32>(color, color, 1, 1, 1, 1))
      const blue = f32x4.mul(ofBlue, v128.shuffle<f32>(color, color, 2, 2, 2, 2))
      storeWord(to, rounded(f32x4.add(f32x4.add(red, green), f32x4.add(blue, constants))))
    }
    store<i32>(to, fill)
  }
}

function fillWords(at: usize, length: i32, word: i32): void {
  for (let end = at + (length << 2); at < end; at += 4) store<i32>(at, word)
}

/** Writes a color, clamped to levels; of three bytes the last is followed by one that is overwritten later. */
function storeWord(to: usize, color: v128): void {
  const half = i16x8.narrow_i32x4_s(color, color)
  v128.store32_lane(to, i8x16.narrow_i16x8_u(half, half), 0)
}

/**
 * Maps a picture that is laid out, with bilinear interpolation: to the right a pixel is `acrossX` and `acrossY` further
 * in it, and a row down `downX` and `downY`, from `startX` and `startY`.
 */
export function warp(
  words: usize,
  width: i32,
  height: i32,
  startX: f64,
  startY: f64,
  acrossX: f64,
  acrossY: f64,
  downX: f64,
  downY: f64,
  rgb: usize,
): void {
  const stride = (<usize>(width + 2)) << 2
  const fill = load<u32>(words)
  // In 2⁻³² of a pixel.
  const stepX = fixed(acrossX)
  const stepY = fixed(acrossY)
  for (let y = 0; y < height; y++) {
    let fromX = fixed(startX + <f64>y * downX)
    let fromY = fixed(startY + <f64>y * downY)
    for (let x = 0; x < width; x++, fromX += stepX, fromY += stepY, rgb += 3) {
      const left = <i32>(fromX >> 32)
      const top = <i32>(fromY >> 32)
      if (<u32>(left + 1) > <u32>width || <u32>(top + 1) > <u32>height) {
        store<u32>(rgb, fill)
        continue
      }
      const at = words + <usize>(top + 1) * stride + ((<usize>(left + 1)) << 2)
      // Weights of the four pixels, in 2⁻¹⁴.
      const across = <i32>(<u32>fromX >>> 18)
      const down = <i32>(<u32>fromY >>> 18)
      const last = (across * down) >> 14
      const second = across - last
      const third = down - last
      const above = i32x4.splat((16384 - across - third) | (second << 16))
      const below = i32x4.splat(third | (last << 16))
      const sum = i32x4.add(
        i32x4.dot_i16x8_s(channels(at), above),
        i32x4.dot_i16x8_s(channels(at + stride), below),
      )
      storeWord(rgb, i32x4.shr_s(i32x4.add(sum, i32x4.splat(8192)), 14))
    }
  }
}

/** Of two pixels, each channel of both. */
function channels(at: usize): v128 {
  const zero = i32x4.splat(0)
  return i8x16.shuffle(v128.load64_zero(at), zero, 0, 16, 4, 16, 1, 16, 5, 16, 2, 16, 6, 16, 3, 16, 7, 16)
}

function fixed(coordinate: f64): i64 {
  return <i64>nearest(coordinate * 0x100000000)
}
