import { forwardDct } from './dct.js'
import type { Plane } from './planes.js'
import { precision, type Quantizer, zigzag } from './quantizer.js'

/** Symbols of the Huffman codes: no coefficient other than 0 until the end, and 16 coefficients of 0. */
const endOfBlock = 0x00
const zeroRun = 0xf0

/** Quantized magnitudes of a block in zigzag order. */
const levels = new Int32Array(64)

/** Number of Huffman codes: constant components (even) and others (odd), of luma (0, 1) and of chroma (2, 3). */
export const codes = 4

/**
 * The blocks of a picture as symbols, counted, because the Huffman codes depend on the counts. Each is a number: the
 * symbol in 8 bits, its code in 2, and the bits that follow it.
 */
export class Symbols {
  items = new Int32Array(0)
  length = 0
  /** How often each symbol is used, 256 for each code. */
  readonly counts = new Int32Array(256 * codes)

  /** Removes all symbols. @param blocks the number of blocks that will be added. */
  reset(blocks: number): void {
    this.length = 0
    this.counts.fill(0)
    if (this.items.length < 65 * blocks) this.items = new Int32Array(65 * blocks)
  }

  /** A block that shows what the one before it does: its constant component, and no other. */
  addRepeated(code: number): void {
    this.#add(code << 8)
    this.#add(((code + 1) << 8) | endOfBlock)
  }

  #add(symbol: number): void {
    this.counts[symbol & 1023]!++
    this.items[this.length++] = symbol
  }

  /**
   * Adds the block of 8 x 8 samples that starts at `at`.
   * @param code of constant components, 0 or 2.
   * @param previous constant component of the block of this plane before it, or 0.
   * @returns that of this one.
   */
  addBlock(
    { samples, words, stride }: Plane,
    at: number,
    quantizer: Quantizer,
    code: number,
    previous: number,
  ): number {
    const { items, counts } = this
    const { half, inverse } = quantizer
    let n = this.length
    const flat = isFlat(words, at >> 2, stride >> 2)
    const coefficients = flat ? undefined : forwardDct(words, at >> 2, stride >> 2)
    const constant = quantized(coefficients?.[0] ?? (samples[at]! - 128) << 6, half[0]!, inverse[0]!)
    const difference = constant - previous
    const sign = difference >> 31
    const bits = 32 - Math.clz32((difference ^ sign) - sign)
    const first = (code << 8) | bits
    counts[first]!++
    items[n++] = (((difference + sign) & ((1 << bits) - 1)) << 10) | first
    const ac = (code + 1) << 8
    if (coefficients === undefined) {
      counts[ac | endOfBlock]!++
      items[n++] = ac | endOfBlock
      this.length = n
      return constant
    }

    let low = quantize(coefficients, quantizer, 0) & 0x7fffffff
    let high = isNegligible(coefficients, quantizer) ? 0 : quantize(coefficients, quantizer, 32)
    let last = 0
    for (;;) {
      let k: number
      if (low !== 0) {
        k = Math.clz32(low)
        low ^= 0x80000000 >>> k
      } else if (high !== 0) {
        k = Math.clz32(high)
        high ^= 0x80000000 >>> k
        k += 32
      } else break
      let run = k - last - 1
      last = k
      while (run > 15) {
        counts[ac | zeroRun]!++
        items[n++] = ac | zeroRun
        run -= 16
      }
      const level = levels[k]!
      const bits = 32 - Math.clz32(level ^ (level >> 31))
      const symbol = ac | (run << 4) | bits
      counts[symbol]!++
      items[n++] = ((level & ((1 << bits) - 1)) << 10) | symbol
    }
    if (last < 63) {
      counts[ac | endOfBlock]!++
      items[n++] = ac | endOfBlock
    }
    this.length = n
    return constant
  }
}

/**
 * Quantizes 32 coefficients from place `from` of the zigzag order on.
 * @returns a bit for each level that is not 0, the first in the highest: hardly a branch to predict.
 */
function quantize(coefficients: Int16Array, { half, inverse }: Quantizer, from: number): number {
  let mask = 0
  for (let k = from, end = from + 32; k < end; k++) {
    const value = coefficients[zigzag[k]!]!
    const sign = value >> 31
    const level = Math.imul(((value ^ sign) - sign + half[k]!) >>> 3, inverse[k]!) >>> precision
    levels[k] = level ^ sign
    mask = (mask << 1) | (-level >>> 31)
  }
  return mask
}

/** Whether the second half of the coefficients is so small that all levels are 0, as in most blocks. */
function isNegligible(coefficients: Int16Array, { least }: Quantizer): boolean {
  let bits = 0
  for (let k = 32; k < 64; k++) {
    const value = coefficients[zigzag[k]!]!
    bits |= value ^ (value >> 31)
  }
  return bits < least
}

function quantized(value: number, half: number, inverse: number): number {
  const sign = value >> 31
  const level = Math.imul(((value ^ sign) - sign + half) >>> 3, inverse) >>> precision
  return (level ^ sign) - sign
}

/** Whether all samples of a block are equal, as where the background was removed. */
function isFlat(words: Int32Array, at: number, stride: number): boolean {
  const first = words[at]!
  if (first !== Math.imul(first & 255, 0x01010101)) return false
  for (let row = 0, p = at; row < 8; row++, p += stride) {
    if (words[p] !== first || words[p + 1] !== first) return false
  }
  return true
}
