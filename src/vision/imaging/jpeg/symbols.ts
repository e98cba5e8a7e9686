import { block, quantizeBlock } from './block.js'
import type { Plane } from './planes.js'
import type { Quantizer } from './quantizer.js'

/** Symbols of the Huffman codes: no coefficient other than 0 until the end, and 16 coefficients of 0. */
const endOfBlock = 0x00
const zeroRun = 0xf0

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
   * @param previous constant level of the block of this plane before it, or 0.
   * @returns that of this one.
   */
  addBlock(
    { words, stride }: Plane,
    at: number,
    quantizer: Quantizer,
    code: number,
    previous: number,
  ): number {
    quantizeBlock(words, at >> 2, stride >> 2, quantizer)
    const { constant, levels } = block
    const { items, counts } = this
    let n = this.length
    const difference = constant - previous
    const sign = difference >> 31
    const bits = 32 - Math.clz32((difference ^ sign) - sign)
    const first = (code << 8) | bits
    counts[first]!++
    items[n++] = (((difference + sign) & ((1 << bits) - 1)) << 10) | first

    const others = (code + 1) << 8
    let last = 0
    for (let i = 0, end = block.length; i < end; i++) {
      const item = levels[i]!
      const k = item & 63
      const level = item >> 6
      let run = k - last - 1
      last = k
      while (run > 15) {
        counts[others | zeroRun]!++
        items[n++] = others | zeroRun
        run -= 16
      }
      const bits = 32 - Math.clz32(level ^ (level >> 31))
      const symbol = others | (run << 4) | bits
      counts[symbol]!++
      items[n++] = ((level & ((1 << bits) - 1)) << 10) | symbol
    }
    if (last < 63) {
      counts[others | endOfBlock]!++
      items[n++] = others | endOfBlock
    }
    this.length = n
    return constant
  }
}
