import { transform } from './transform'

/** 8 rows of 8 coefficients of 16 bits, and then their levels. */
const block = memory.data(128)
/** Positions in a block of the zigzag order, from low to high frequencies. */
const order = memory.data<u8>([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
])
/** For the bits of each row of a block, those at their places in the zigzag order: 8 times 256 numbers of 64 bits. */
const zigzags = memory.data(8 * 256 * 8)

for (let k = 0; k < 64; k++) {
  const position = load<u8>(order + k)
  for (let bits = 0; bits < 256; bits++) {
    if (((bits >> (position & 7)) & 1) === 0) continue
    const at = zigzags + (((<usize>position >> 3) << 8) << 3) + (bits << 3)
    store<u64>(at, load<u64>(at) | ((<u64>1) << k))
  }
}

/** The level at a place of the zigzag order; a negative one is 1 less, as its bits in the file are. */
export function levelAt(k: i32): i32 {
  return load<i16>(block + ((<usize>load<u8>(order + k)) << 1))
}

/**
 * Transforms and quantizes 8 x 8 samples.
 * @param divisors 64 halves of the scaled divisors and 64 inverses, row by row, 32 bits.
 * @returns a bit for each place of the zigzag order whose level is not 0; the first is undefined.
 */
export function quantize(samples: usize, stride: i32, divisors: usize): u64 {
  const first = load<u64>(samples)
  const repeated = <u64>(<u32>(first & 255) * 0x01010101)
  let different = first ^ ((repeated << 32) | repeated)
  const middle = i16x8.splat(128)
  for (let y: usize = 0; y < 8; y++, samples += stride) {
    different |= load<u64>(samples) ^ first
    v128.store(block + (y << 4), i16x8.sub(v128.load8x8_u(samples), middle))
  }
  if (different === 0) {
    // As where the background was removed.
    const sum = i32x4.splat((<i32>(first & 255) - 128) << 6)
    v128.store(block, i16x8.narrow_i32x4_s(levels(sum, divisors), i32x4.splat(0)))
    return 0
  }
  transform(block, true)
  transform(block, false)
  let bits: u64 = 0
  for (let y: usize = 0; y < 8; y++, divisors += 32) {
    const row = v128.load(block + (y << 4))
    const low = levels(i32x4.extend_low_i16x8_s(row), divisors)
    const high = levels(i32x4.extend_high_i16x8_s(row), divisors + 16)
    const both = i16x8.narrow_i32x4_s(low, high)
    v128.store(block + (y << 4), both)
    const found = i16x8.bitmask(i16x8.ne(both, i16x8.shr_s(row, 15)))
    bits |= load<u64>(zigzags + (y << 11) + ((<usize>found) << 3))
  }
  return bits
}

/** Exact division of magnitudes m without dividing: `(((m + half) >> 3) * inverse) >> 20`, rounded half up. */
function levels(values: v128, divisors: usize): v128 {
  const sum = i32x4.add(i32x4.abs(values), v128.load(divisors))
  const magnitude = i32x4.shr_u(i32x4.mul(i32x4.shr_u(sum, 3), v128.load(divisors, 256)), 20)
  return v128.xor(magnitude, i32x4.shr_s(values, 31))
}
