import type { HuffmanCode } from './huffman.js'
import type { Symbols } from './symbols.js'

/**
 * Codewords of all symbols, each with room for the bits that follow it, and the length of both in the lowest 5 bits.
 * @param codes as many as `Symbols` numbers.
 * @param into 256 numbers for each code.
 */
export function assignCodewords(codes: readonly HuffmanCode[], into: Int32Array): void {
  for (let number = 0; number < codes.length; number++) {
    const { lengths, symbols } = codes[number]!
    let next = 0
    let codeword = 0
    for (let length = 1; length <= lengths.length; length++) {
      for (let i = 0; i < lengths[length - 1]!; i++) {
        const symbol = symbols[next++]!
        const bits = symbol & 15
        into[(number << 8) | symbol] = ((codeword++ << bits) << 5) | (length + bits)
      }
      codeword <<= 1
    }
  }
}

/** Bytes that `writeScan` writes, at most: any of them may be followed by a 0. */
export function scanCapacity({ counts }: Symbols, codewords: Int32Array): number {
  let bits = 0
  for (let symbol = 0; symbol < counts.length; symbol++) {
    if (counts[symbol] !== 0) bits += counts[symbol]! * (codewords[symbol]! & 31)
  }
  return 2 * Math.ceil(bits / 8)
}

/** Writes symbols as the entropy-coded data of a scan. @returns the position behind it. */
export function writeScan(
  { items, length }: Symbols,
  codewords: Int32Array,
  out: Uint8Array,
  from: number,
): number {
  let at = from
  let bits = 0 // only the lowest 32 - free bits are still to be written
  let free = 32
  for (let i = 0; i < length; i++) {
    const item = items[i]!
    const codeword = codewords[item & 1023]!
    const added = codeword & 31
    const value = (codeword >>> 5) | (item >>> 10)
    if (added <= free) {
      bits = (bits << added) | value
      free -= added
      continue
    }
    const rest = added - free
    const word = (bits << free) | (value >>> rest)
    out[at] = word >>> 24
    out[at + 1] = word >>> 16
    out[at + 2] = word >>> 8
    out[at + 3] = word
    at = (word & ~(word + 0x01010101) & 0x80808080) === 0 ? at + 4 : stuffed(word, out, at)
    bits = value
    free = 32 - rest
  }
  const padding = free & 7
  bits = (bits << padding) | ((1 << padding) - 1)
  for (let shift = 24 - (free - padding); shift >= 0; shift -= 8) {
    const byte = (bits >>> shift) & 255
    out[at++] = byte
    if (byte === 255) out[at++] = 0
  }
  return at
}

/** Writes four bytes with a 0 after each 255, which would begin a marker. */
function stuffed(word: number, out: Uint8Array, from: number): number {
  let at = from
  for (let shift = 24; shift >= 0; shift -= 8) {
    const byte = (word >>> shift) & 255
    out[at++] = byte
    if (byte === 255) out[at++] = 0
  }
  return at
}
