import { lane } from './colors'

/** Less than 1, since a line in a player's shadow is darker than the surface around it. */
const minLight: f32 = 0.6
/** Largest tint of a line, as a share of its light; both relative to the surface. */
const maxTint: f32 = 0.75

/** Marks pixels that may belong to a line: light for the surface around them, and of less tint. @param pale receives 255. */
export function markPale(colors: usize, local: usize, size: i32, pale: usize): void {
  const one = f32x4.splat(1)
  for (let end = pale + size; pale < end; pale += 4, colors += 64, local += 64) {
    const co = lane(colors, 4)
    const cg = lane(colors, 8)
    const localCo = lane(local, 4)
    const localCg = lane(local, 8)
    const light = f32x4.div(lane(colors, 0), f32x4.max(one, lane(local, 0)))
    const chroma = f32x4.add(f32x4.mul(co, co), f32x4.mul(cg, cg))
    const ofLocal = f32x4.add(one, f32x4.add(f32x4.mul(localCo, localCo), f32x4.mul(localCg, localCg)))
    const tint = f32x4.sqrt(f32x4.div(chroma, ofLocal))
    const isPale = v128.and(
      f32x4.gt(light, f32x4.splat(minLight)),
      f32x4.lt(tint, f32x4.mul(f32x4.splat(maxTint), light)),
    )
    const marks = i8x16.shuffle(isPale, isPale, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12)
    v128.store32_lane(pale, marks, 0)
  }
}
