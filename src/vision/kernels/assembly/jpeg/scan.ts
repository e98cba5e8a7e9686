/**
 * Writes symbols as the entropy-coded data of a scan.
 * @param codewords of all symbols, each with room for the bits that follow it, and the length of both in the lowest 5 bits.
 * @returns the position behind the data.
 */
export function writeScan(symbols: usize, length: i32, codewords: usize, to: usize): usize {
  let bits: u64 = 0 // only the lowest `filled` are still to be written
  let filled: u64 = 0
  for (let end = symbols + ((<usize>length) << 2); symbols < end; symbols += 4) {
    const symbol = load<u32>(symbols)
    const codeword = load<u32>(codewords + ((<usize>symbol & 1023) << 2))
    const added = <u64>(codeword & 31)
    bits = (bits << added) | <u64>((codeword >>> 5) | (symbol >>> 10))
    filled += added
    if (filled < 32) continue
    filled -= 32
    const word = <u32>(bits >> filled)
    if ((word & ~(word + 0x01010101) & 0x80808080) === 0) {
      store<u32>(to, bswap(word))
      to += 4
    } else for (let shift = 24; shift >= 0; shift -= 8) to = writeByte(to, word >>> shift)
  }
  const padding = (8 - filled) & 7
  bits = (bits << padding) | ((1 << padding) - 1)
  for (filled += padding; filled > 0; ) {
    filled -= 8
    to = writeByte(to, <u32>(bits >> filled))
  }
  return to
}

/** A 255, which would begin a marker, is followed by a 0. */
function writeByte(to: usize, value: u32): usize {
  store<u8>(to, value)
  if ((value & 255) !== 255) return to + 1
  store<u8>(to, 0, 1)
  return to + 2
}
