import { lane } from './colors'

/** Standard deviations of the certain surface around its local color: luma, then Co and Cg together. */
let lumaNoise: f32 = 0
let tintNoise: f32 = 0

function measureNoise(colors: usize, local: usize, weight: usize, width: i32, height: i32): void {
  let n: f64 = 1
  let ofLuma: f64 = 0
  let ofTint: f64 = 0
  for (let y = 0; y < height; y++) {
    let sum = f32x4.splat(0)
    for (let x = 0; x < width; x++, colors += 16, local += 16, weight++) {
      const selected = i32x4.splat(-(<i32>load<u8>(weight)))
      const off = f32x4.sub(v128.load(colors), v128.load(local))
      sum = f32x4.add(sum, v128.and(f32x4.mul(off, off), selected))
      n += <f64>load<u8>(weight)
    }
    ofLuma += <f64>f32x4.extract_lane(sum, 0)
    ofTint += <f64>f32x4.extract_lane(sum, 1) + <f64>f32x4.extract_lane(sum, 2)
  }
  lumaNoise = <f32>sqrt(ofLuma / n)
  tintNoise = <f32>sqrt(ofTint / (2 * n))
}

/**
 * Sets the mask to 255 where a pixel is too far from the local background under the brightness that fits best; color and
 * noise both scale with the brightness.
 * @param certain 1 where a pixel is certainly surface, else 0: these show the noise.
 * @param darkest and `brightest` of a surface pixel, relative to the local background.
 * @param floor least standard deviation.
 * @param limit Mahalanobis distance above which a pixel is not surface, squared.
 */
export function markOutliers(
  mask: usize,
  colors: usize,
  local: usize,
  certain: usize,
  width: i32,
  height: i32,
  darkest: f32,
  brightest: f32,
  floor: f32,
  limit: f32,
): void {
  measureNoise(colors, local, certain, width, height)
  const one = f32x4.splat(1)
  const floors = f32x4.splat(floor)
  const lumas = f32x4.splat(lumaNoise)
  const tints = f32x4.splat(tintNoise)
  for (let end = mask + width * height; mask < end; mask += 4, colors += 64, local += 64) {
    const before = load<u32>(mask)
    if (before === 0xffffffff) continue
    const y = lane(colors, 0)
    const localY = lane(local, 0)
    const fitting = f32x4.div(y, f32x4.max(one, localY))
    const light = f32x4.min(f32x4.splat(brightest), f32x4.max(f32x4.splat(darkest), fitting))
    const ofTint = f32x4.max(floors, f32x4.mul(tints, light))
    const ofLuma = f32x4.max(floors, f32x4.mul(lumas, light))
    const offY = f32x4.div(f32x4.sub(y, f32x4.mul(light, localY)), ofLuma)
    const offCo = f32x4.sub(lane(colors, 4), f32x4.mul(light, lane(local, 4)))
    const offCg = f32x4.sub(lane(colors, 8), f32x4.mul(light, lane(local, 8)))
    const offTint = f32x4.add(f32x4.mul(offCo, offCo), f32x4.mul(offCg, offCg))
    const distance = f32x4.add(f32x4.mul(offY, offY), f32x4.div(offTint, f32x4.mul(ofTint, ofTint)))
    const far = f32x4.gt(distance, f32x4.splat(limit))
    const marks = i8x16.shuffle(far, far, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12)
    store<u32>(mask, before | <u32>i32x4.extract_lane(marks, 0))
  }
}
