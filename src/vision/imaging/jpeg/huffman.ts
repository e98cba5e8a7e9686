/** Bits of a codeword, at most. */
const longest = 16
/** The 256 symbols, and one more that keeps the codeword of all ones free, as the standard asks for. */
const slots = 257

// Memory of `optimize`. A slot is a symbol in use; a tree has the slot of its heaviest part until it is joined.
const weights = new Int32Array(slots)
const heap = new Int32Array(slots)
const roots = new Int32Array(slots)
const parents = new Int32Array(2 * slots)
const depths = new Int32Array(2 * slots)
const found = new Uint8Array(slots)
const ofDepth = new Int32Array(slots)

/** A Huffman code as a JPEG file describes it (ITU-T T.81, C.2). */
export class HuffmanCode {
  /** Number of codewords of 1 to 16 bits. */
  readonly lengths = new Uint8Array(longest)
  /** Symbols in use, those with the shortest codewords first. */
  readonly symbols = new Uint8Array(256)
  /** Number of symbols in use. */
  size = 0

  /**
   * Makes this the code with the fewest bits (K.2): the two lightest trees are joined until one is left. Of trees of the
   * same weight, that with the larger symbol is taken, as in libjpeg.
   * @param counts how often each symbol is used: 256 numbers from position `from` on.
   */
  optimize(counts: Int32Array, from: number): void {
    let used = 0
    for (let symbol = 0; symbol < 256; symbol++) {
      const count = counts[from + symbol]!
      if (count === 0) continue
      found[used] = symbol
      weights[used++] = count
    }
    this.size = used
    weights[used] = 1
    const root = joinTrees(used + 1)
    depths[root] = 0
    for (let node = root - 1; node >= 0; node--) depths[node] = depths[parents[node]!]! + 1

    ofDepth.fill(0)
    for (let slot = 0; slot < used; slot++) ofDepth[depths[slot]!]!++
    this.#sortSymbols()
    ofDepth[depths[used]!]!++
    limitDepths()
    for (let i = 0; i < longest; i++) this.lengths[i] = ofDepth[i + 1]!
  }

  /** By the length of their codewords; `heap` is free again. */
  #sortSymbols(): void {
    const starts = heap
    for (let depth = 1, start = 0; start < this.size; depth++) {
      starts[depth] = start
      start += ofDepth[depth]!
    }
    for (let slot = 0; slot < this.size; slot++) this.symbols[starts[depths[slot]!]!++] = found[slot]!
  }
}

/** Joins trees of one slot each. @returns the root; nodes are numbered from the leaves, which are the slots, up. */
function joinTrees(leaves: number): number {
  for (let slot = 0; slot < leaves; slot++) {
    heap[slot] = slot
    roots[slot] = slot
  }
  for (let at = (leaves >> 1) - 1; at >= 0; at--) sink(at, leaves)
  let node = leaves - 1
  for (let size = leaves - 1; size > 0; size--) {
    const first = heap[0]!
    heap[0] = heap[size]!
    sink(0, size)
    const second = heap[0]!
    node++
    parents[roots[first]!] = node
    parents[roots[second]!] = node
    roots[first] = node
    weights[first]! += weights[second]!
    heap[0] = first
    sink(0, size)
  }
  return node
}

/** Moves a slot of the heap down to where it belongs: behind lighter ones, and behind later ones of its weight. */
function sink(from: number, size: number): void {
  const slot = heap[from]!
  const weight = weights[slot]!
  let at = from
  for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
    const left = heap[child]!
    const right = child + 1 < size ? heap[child + 1]! : left
    const rightFirst = weights[right]! < weights[left]! || (weights[right] === weights[left] && right > left)
    const next = rightFirst ? right : left
    if (weights[next]! > weight || (weights[next] === weight && next < slot)) break
    heap[at] = next
    at = rightFirst ? child + 1 : child
  }
  heap[at] = slot
}

/**
 * Limits depths to 16: of two leaves that are too deep, one takes the place of their parent, the other is joined with a
 * leaf that is less deep. Then the leaf that is kept free is left out.
 */
function limitDepths(): void {
  for (let depth = slots - 1; depth > longest; depth--) {
    while (ofDepth[depth]! > 0) {
      let shorter = depth - 2
      while (ofDepth[shorter] === 0) shorter--
      ofDepth[depth]! -= 2
      ofDepth[depth - 1]!++
      ofDepth[shorter + 1]! += 2
      ofDepth[shorter]!--
    }
  }
  let deepest = longest
  while (ofDepth[deepest] === 0) deepest--
  ofDepth[deepest]!--
}

/**
 * Codewords of all symbols, each with room for the bits that follow it, and the length of both in the lowest 5 bits.
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
