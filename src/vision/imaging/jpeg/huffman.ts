/** A Huffman code as a JPEG file describes it. */
export interface HuffmanCode {
  /** Number of codewords of 1 to 16 bits. */
  readonly lengths: Uint8Array
  /** Symbols, by the length of their codewords. */
  readonly symbols: Uint8Array
}

const longest = 16

/** Symbols in use, one more that keeps the codeword of all ones free, and the inner nodes of their tree. */
const nodes = 2 * 257
const symbolOf = new Uint8Array(257)
const weights = new Int32Array(257)
const heap = new Int32Array(257)
/** Number of the node that a slot of the heap stands for; slots are numbered as the symbols in use. */
const nodeOf = new Int32Array(257)
const parents = new Int32Array(nodes)
const depths = new Int32Array(nodes)

/**
 * The code with the fewest bits (ITU-T T.81, K.2): the two lightest trees are joined until one is left. Of equal ones,
 * that of the larger symbol is taken, as in libjpeg.
 * @param counts 256, how often each symbol is used.
 */
export function optimalCode(counts: Int32Array): HuffmanCode {
  let used = 0
  for (let symbol = 0; symbol < 256; symbol++) {
    if (counts[symbol] === 0) continue
    symbolOf[used] = symbol
    weights[used++] = counts[symbol]!
  }
  weights[used] = 1
  const root = joined(used + 1)

  depths[root] = 0
  const ofDepth = new Int32Array(used + 2 + longest)
  for (let node = root - 1; node >= 0; node--) {
    depths[node] = depths[parents[node]!]! + 1
    if (node <= used) ofDepth[depths[node]!]!++
  }
  return { symbols: sortedByDepth(used), lengths: limited(ofDepth) }
}

/** Joins trees. @returns the number of the root; leaves have the first numbers, children smaller ones than parents. */
function joined(leaves: number): number {
  for (let slot = 0; slot < leaves; slot++) {
    heap[slot] = slot
    nodeOf[slot] = slot
  }
  for (let at = (leaves >> 1) - 1; at >= 0; at--) sink(at, leaves)
  let node = leaves - 1
  for (let size = leaves - 1; size > 0; size--) {
    const first = heap[0]!
    heap[0] = heap[size]!
    sink(0, size)
    const second = heap[0]!
    node++
    parents[nodeOf[first]!] = node
    parents[nodeOf[second]!] = node
    nodeOf[first] = node
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
  for (;;) {
    let child = 2 * at + 1
    if (child >= size) break
    let next = heap[child]!
    if (child + 1 < size) {
      const other = heap[child + 1]!
      if (weights[other]! < weights[next]! || (weights[other] === weights[next] && other > next)) {
        next = other
        child++
      }
    }
    if (weights[next]! > weight || (weights[next] === weight && next < slot)) break
    heap[at] = next
    at = child
  }
  heap[at] = slot
}

function sortedByDepth(used: number): Uint8Array {
  const symbols = new Uint8Array(used)
  let at = 0
  for (let depth = 1; at < used; depth++) {
    for (let leaf = 0; leaf < used; leaf++) if (depths[leaf] === depth) symbols[at++] = symbolOf[leaf]!
  }
  return symbols
}

/**
 * Shortens codewords to 16 bits: of two that are too long, one takes the place of their parent, the other is joined with
 * a shorter one. Then the one that is kept free is left out.
 */
function limited(ofDepth: Int32Array): Uint8Array {
  for (let depth = ofDepth.length - 1; depth > longest; depth--) {
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
  return Uint8Array.from(ofDepth.subarray(1, longest + 1))
}
