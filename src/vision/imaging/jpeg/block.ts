import { type Quantizer, zigzag } from './quantizer.js'

// Constants of this module, whose length and address the compiler knows.
const order = Uint16Array.from(zigzag)
/** 8 rows of 8 coefficients, the constant one first. Sixteen bits, so that the compiler knows that no sum overflows. */
const work = new Int16Array(64)
const levels = new Int32Array(64)

/**
 * The last block: its constant level, and the others that are not 0, each with its place in the 6 lowest bits. Their
 * negative ones are complements, -1 less than the level, as the file has them.
 */
export const block = { constant: 0, levels, length: 0 }

/**
 * Transforms and quantizes 8 x 8 samples into `block`.
 * @param words of four samples, 0 to 255, the first lowest; rows start at `at` and every `stride` words after it.
 */
export function quantizeBlock(words: Int32Array, at: number, stride: number, quantizer: Quantizer): void {
  const { divisors } = quantizer
  if (isFlat(words, at, stride)) {
    work[0] = ((words[at]! & 255) - 128) << 6
    block.constant = constantLevel(divisors[0]!)
    block.length = 0
    return
  }
  transform(words, at, stride)
  block.constant = constantLevel(divisors[0]!)
  let n = 0
  for (let k = 1; k < 32; k++) {
    const value = work[order[k]!]!
    const magnitude = divided(value, divisors[k]!)
    levels[n] = ((magnitude ^ (value >> 31)) << 6) | k
    n += -magnitude >>> 31 // no branch, which could not be predicted
  }
  if (!isNegligible(quantizer.least)) {
    for (let k = 32; k < 64; k++) {
      const value = work[order[k]!]!
      const magnitude = divided(value, divisors[k]!)
      levels[n] = ((magnitude ^ (value >> 31)) << 6) | k
      n += -magnitude >>> 31
    }
  }
  block.length = n
}

/** Whether all samples are equal, as where the background was removed. */
function isFlat(words: Int32Array, at: number, stride: number): boolean {
  const first = words[at]!
  if (first !== Math.imul(first & 255, 0x01010101)) return false
  for (let row = 0, p = at; row < 8; row++, p += stride) {
    if (words[p] !== first || words[p + 1] !== first) return false
  }
  return true
}

/** Whether the second half of the coefficients is so small that all levels are 0, as in most blocks. */
function isNegligible(least: number): boolean {
  let bits = 0
  for (let k = 32; k < 64; k++) {
    const value = work[order[k]!]!
    bits |= value ^ (value >> 31)
  }
  return bits < least
}

function constantLevel(divisor: number): number {
  const value = work[0]!
  const sign = value >> 31
  return (divided(value, divisor) ^ sign) - sign
}

/** @param divisor as in `Quantizer`. @returns the magnitude of the level. */
function divided(value: number, divisor: number): number {
  const sign = value >> 31
  return Math.imul(((value ^ sign) - sign + (divisor & 1023)) >>> 3, divisor >>> 10) >>> 20
}

/**
 * Transforms samples into coefficients, scaled by 8: first all rows, then all columns.
 * The integer arithmetic is that of libjpeg ("islow"), to the last bit. The constants are in units of 1 / 8192.
 * Source: Loeffler, Ligtenberg and Moschytz 1989, Practical fast 1-D DCT algorithms with 11 multiplications.
 */
function transform(words: Int32Array, at: number, stride: number): void {
  const w = work
  for (let i = 0, p = at; i < 64; i += 8, p += stride) {
    const left = words[p]!
    const right = words[p + 1]!
    const s0 = left & 255
    const s1 = (left >>> 8) & 255
    const s2 = (left >>> 16) & 255
    const s3 = left >>> 24
    const s4 = right & 255
    const s5 = (right >>> 8) & 255
    const s6 = (right >>> 16) & 255
    const s7 = right >>> 24
    const a0 = s0 + s7
    const a1 = s1 + s6
    const a2 = s2 + s5
    const a3 = s3 + s4
    const b0 = s0 - s7
    const b1 = s1 - s6
    const b2 = s2 - s5
    const b3 = s3 - s4
    const c0 = a0 + a3
    const c1 = a1 + a2
    const c2 = a1 - a2
    const c3 = a0 - a3
    w[i] = (c0 + c1 - 1024) << 2 // 8 times the 128 in the middle of the range
    w[i + 4] = (c0 - c1) << 2
    const even = Math.imul(c2 + c3, 4433) + 1024
    w[i + 2] = (even + Math.imul(c3, 6270)) >> 11
    w[i + 6] = (even - Math.imul(c2, 15137)) >> 11
    const odd = Math.imul(b0 + b1 + b2 + b3, 9633) + 1024
    const z1 = Math.imul(b0 + b3, -7373)
    const z2 = Math.imul(b1 + b2, -20995)
    const z3 = Math.imul(b1 + b3, -16069) + odd
    const z4 = Math.imul(b0 + b2, -3196) + odd
    w[i + 1] = (Math.imul(b0, 12299) + z1 + z4) >> 11
    w[i + 3] = (Math.imul(b1, 25172) + z2 + z3) >> 11
    w[i + 5] = (Math.imul(b2, 16819) + z2 + z4) >> 11
    w[i + 7] = (Math.imul(b3, 2446) + z1 + z3) >> 11
  }
  for (let i = 0; i < 8; i++) {
    const s0 = w[i]!
    const s1 = w[i + 8]!
    const s2 = w[i + 16]!
    const s3 = w[i + 24]!
    const s4 = w[i + 32]!
    const s5 = w[i + 40]!
    const s6 = w[i + 48]!
    const s7 = w[i + 56]!
    const a0 = s0 + s7
    const a1 = s1 + s6
    const a2 = s2 + s5
    const a3 = s3 + s4
    const b0 = s0 - s7
    const b1 = s1 - s6
    const b2 = s2 - s5
    const b3 = s3 - s4
    const c0 = a0 + a3
    const c1 = a1 + a2
    const c2 = a1 - a2
    const c3 = a0 - a3
    w[i] = (c0 + c1 + 2) >> 2
    w[i + 32] = (c0 - c1 + 2) >> 2
    const even = Math.imul(c2 + c3, 4433) + 16384
    w[i + 16] = (even + Math.imul(c3, 6270)) >> 15
    w[i + 48] = (even - Math.imul(c2, 15137)) >> 15
    const odd = Math.imul(b0 + b1 + b2 + b3, 9633) + 16384
    const z1 = Math.imul(b0 + b3, -7373)
    const z2 = Math.imul(b1 + b2, -20995)
    const z3 = Math.imul(b1 + b3, -16069) + odd
    const z4 = Math.imul(b0 + b2, -3196) + odd
    w[i + 8] = (Math.imul(b0, 12299) + z1 + z4) >> 15
    w[i + 24] = (Math.imul(b1, 25172) + z2 + z3) >> 15
    w[i + 40] = (Math.imul(b2, 16819) + z2 + z4) >> 15
    w[i + 56] = (Math.imul(b3, 2446) + z1 + z3) >> 15
  }
}
