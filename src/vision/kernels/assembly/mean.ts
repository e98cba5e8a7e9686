/**
 * For each pixel the mean of the nearby pixels with weight 1 (normalized convolution, Knutsson and Westin 1993). Where
 * few of them are within the near radius, the mean of the far radius dominates, and finally that of the whole picture.
 */

/**
 * @param colors four floats a pixel, the last of them 1.
 * @param weight 0 or 1 for each pixel.
 * @param prior weight of the mean over the larger radius, as a number of pixels.
 * @param weighted space for as much as the colors, as `rows`, which needs space for one row more, and `mean`.
 * @param sums space for a row of colors.
 * @param mean receives the means, laid out as the colors.
 */
export function normalizedConvolution(
  colors: usize,
  weight: usize,
  width: i32,
  height: i32,
  near: i32,
  far: i32,
  prior: f32,
  weighted: usize,
  rows: usize,
  sums: usize,
  mean: usize,
): void {
  const size = <usize>(width * height)
  let total = f32x4.splat(0)
  for (let y = 0; y < height; y++) {
    let ofRow = f32x4.splat(0)
    for (let x: usize = 0; x < <usize>width; x++) {
      const i = <usize>(y * width) + x
      const selected = i32x4.splat(-(<i32>load<u8>(weight + i)))
      const color = v128.and(v128.load(colors + (i << 4)), selected)
      v128.store(weighted + (i << 4), color)
      ofRow = f32x4.add(ofRow, color)
    }
    total = f32x4.add(total, ofRow)
  }
  const count = v128.shuffle<f32>(total, total, 3, 3, 3, 3)
  const all = f32x4.div(total, f32x4.max(count, f32x4.splat(1)))
  for (let i: usize = 0; i < size; i++) v128.store(mean + (i << 4), all)
  sumAlongRows(weighted, rows, width, height, far)
  updateMeans(mean, rows, sums, width, height, far, prior)
  sumAlongRows(weighted, rows, width, height, near)
  updateMeans(mean, rows, sums, width, height, near, prior)
}

/** Running sums over `2 * radius + 1` pixels of each row, cut at its ends. */
function sumAlongRows(source: usize, rows: usize, width: i32, height: i32, radius: i32): void {
  const stride = (<usize>width) << 4
  const reach = (<usize>radius) << 4
  for (let y = 0; y < height; y++, source += stride, rows += stride) {
    let sum = f32x4.splat(0)
    const first = min(reach, stride)
    for (let i: usize = 0; i < first; i += 16) sum = f32x4.add(sum, v128.load(source + i))
    for (let i: usize = 0; i < stride; i += 16) {
      if (i + reach < stride) sum = f32x4.add(sum, v128.load(source + i + reach))
      v128.store(rows + i, sum)
      if (i >= reach) sum = f32x4.sub(sum, v128.load(source + i - reach))
    }
  }
}

/** Updates each mean with the pixels of weight 1 in the square around it; the old mean counts as `prior` of them. */
function updateMeans(
  mean: usize,
  rows: usize,
  sums: usize,
  width: i32,
  height: i32,
  radius: i32,
  prior: f32,
): void {
  const stride = (<usize>width) << 4
  // A row of zeros, for the rows above and below the picture.
  const zeros = rows + <usize>height * stride
  memory.fill(zeros, 0, stride)
  memory.fill(sums, 0, stride)
  const priors = f32x4.splat(prior)
  const one = f32x4.splat(1)
  for (let y = 0; y < min(radius, height); y++) {
    const row = rows + <usize>y * stride
    for (let i: usize = 0; i < stride; i += 16)
      v128.store(sums + i, f32x4.add(v128.load(sums + i), v128.load(row + i)))
  }
  for (let y = 0; y < height; y++, mean += stride) {
    const enters = y + radius < height ? rows + <usize>(y + radius) * stride : zeros
    const leaves = y >= radius ? rows + <usize>(y - radius) * stride : zeros
    for (let i: usize = 0; i < stride; i += 16) {
      const sum = f32x4.add(v128.load(sums + i), v128.load(enters + i))
      const count = v128.shuffle<f32>(sum, sum, 3, 3, 3, 3)
      const share = f32x4.div(one, f32x4.add(count, priors))
      const updated = f32x4.mul(f32x4.add(sum, f32x4.mul(priors, v128.load(mean + i))), share)
      v128.store(mean + i, updated)
      v128.store(sums + i, f32x4.sub(sum, v128.load(leaves + i)))
    }
  }
}
