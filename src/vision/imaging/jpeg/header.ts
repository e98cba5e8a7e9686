import type { HuffmanCode } from './huffman.js'
import type { Quantizer } from './quantizer.js'

/** Markers of segments (ITU-T T.81, table B.1). */
const startOfImage = 0xd8
const quantizationTable = 0xdb
const baselineFrame = 0xc0
const huffmanTable = 0xc4
const startOfScan = 0xda

/** Three components; each with its number, and its Huffman codes for constant components and others. */
const scanSegment = segment(startOfScan, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0)
/** Number of each Huffman code in a file: its class, constant components or others, in the upper half. */
const codeNumbers = [0x00, 0x10, 0x01, 0x11]

/** Bytes of a header, at most. */
export const maxHeaderBytes = 2048

/** What stands before the entropy-coded data of a file. */
export class Header {
  /** The part that is the same for all pictures but for their size. */
  readonly #start: Uint8Array

  /** @param subsampling 1, or 2 for chroma of half the width and height. */
  constructor(luma: Quantizer, chroma: Quantizer, subsampling: 1 | 2) {
    const components = [1, 0x11 * subsampling, 0, 2, 0x11, 1, 3, 0x11, 1]
    this.#start = Uint8Array.of(
      ...[0xff, startOfImage],
      ...segment(quantizationTable, 0, ...luma.table),
      ...segment(quantizationTable, 1, ...chroma.table),
      ...segment(baselineFrame, 8, 0, 0, 0, 0, 3, ...components),
    )
  }

  /** @param codes of constant components and others, of luma and then of chroma. @returns the length of the header. */
  write(out: Uint8Array, width: number, height: number, codes: readonly HuffmanCode[]): number {
    out.set(this.#start)
    let at = this.#start.length
    new DataView(out.buffer).setUint16(at - 14, height)
    new DataView(out.buffer).setUint16(at - 12, width)
    for (let i = 0; i < codes.length; i++) {
      const { lengths, symbols, size } = codes[i]!
      const length = 3 + lengths.length + size
      out[at++] = 0xff
      out[at++] = huffmanTable
      out[at++] = length >> 8
      out[at++] = length & 255
      out[at++] = codeNumbers[i]!
      for (let k = 0; k < lengths.length; k++) out[at++] = lengths[k]!
      for (let k = 0; k < size; k++) out[at++] = symbols[k]!
    }
    out.set(scanSegment, at)
    return at + scanSegment.length
  }
}

function segment(marker: number, ...bytes: readonly number[]): Uint8Array {
  const length = 2 + bytes.length
  return Uint8Array.of(0xff, marker, length >> 8, length & 255, ...bytes)
}
