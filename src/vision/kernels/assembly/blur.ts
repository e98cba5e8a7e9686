import { floats0, floats1, floats2, floats3, levels } from './bytes'

/**
 * Separable blur with replicated edges, in place: first over the columns.
 * @param kernel `2 * radius + 1` weights, floats.
 * @param copy space for the picture.
 * @param line space for a row of floats, and for the kernel's reach and 64 bytes at either side of it.
 */
export function blur(
  rgb: usize,
  width: i32,
  height: i32,
  kernel: usize,
  radius: i32,
  copy: usize,
  line: usize,
): void {
  const stride = width * 3
  memory.copy(copy, rgb, stride * height)
  const row = line + 12 * radius
  for (let y = 0; y < height; y++, rgb += stride) {
    blurColumns(copy, stride, y, height, kernel, radius, row)
    repeatEnds(row, stride, radius)
    blurRow(row - 12 * radius, stride, kernel, radius, rgb)
  }
}

function repeatEnds(row: usize, stride: i32, radius: i32): void {
  const end = row + (stride << 2)
  for (let c: usize = 0; c < 12; c += 4) {
    const first = load<f32>(row + c)
    const last = load<f32>(end - 12 + c)
    for (let i = 0; i < radius; i++) {
      store<f32>(row - 12 * (i + 1) + c, first)
      store<f32>(end + 12 * i + c, last)
    }
  }
}

function blurColumns(
  picture: usize,
  stride: i32,
  y: i32,
  height: i32,
  kernel: usize,
  radius: i32,
  row: usize,
): void {
  for (let x = 0; x < stride; x += 16) {
    let a = f32x4.splat(0)
    let b = a
    let c = a
    let d = a
    for (let k = -radius; k <= radius; k++) {
      const weight = v128.load32_splat(kernel + ((k + radius) << 2))
      const bytes = v128.load(picture + x + min(height - 1, max(0, y + k)) * stride)
      a = f32x4.add(a, f32x4.mul(weight, floats0(bytes)))
      b = f32x4.add(b, f32x4.mul(weight, floats1(bytes)))
      c = f32x4.add(c, f32x4.mul(weight, floats2(bytes)))
      d = f32x4.add(d, f32x4.mul(weight, floats3(bytes)))
    }
    const to = row + (x << 2)
    v128.store(to, a)
    v128.store(to, b, 16)
    v128.store(to, c, 32)
    v128.store(to, d, 48)
  }
}

function blurRow(row: usize, stride: i32, kernel: usize, radius: i32, to: usize): void {
  const taps = 2 * radius + 1
  for (let x = 0; x < stride; x += 16) {
    let a = f32x4.splat(0)
    let b = a
    let c = a
    let d = a
    let from = row + (x << 2)
    for (let k = 0; k < taps; k++, from += 12) {
      const weight = v128.load32_splat(kernel + (k << 2))
      a = f32x4.add(a, f32x4.mul(weight, v128.load(from)))
      b = f32x4.add(b, f32x4.mul(weight, v128.load(from, 16)))
      c = f32x4.add(c, f32x4.mul(weight, v128.load(from, 32)))
      d = f32x4.add(d, f32x4.mul(weight, v128.load(from, 48)))
    }
    v128.store(to + x, levels(a, b, c, d))
  }
}
