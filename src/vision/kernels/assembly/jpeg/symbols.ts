import { levelAt, quantize } from './block'

/** Symbols of the Huffman codes: no coefficient other than 0 until the end, and 16 coefficients of 0. */
const endOfBlock = 0x00
const zeroRun = 0xf0

/** Next symbol, and how often each is used; 32 bits. */
let next: usize = 0
let counts: usize = 0

function add(symbol: i32, bits: i32): void {
  const count = counts + ((<usize>symbol) << 2)
  store<i32>(count, load<i32>(count) + 1)
  store<i32>(next, (bits << 10) | symbol)
  next += 4
}

/**
 * Adds the blocks of a picture as symbols, in the order of the file: for each 8 x 8 samples of chroma, the luma of that
 * area first. Each symbol is a number: the symbol in 8 bits, its code in 2, and the bits that follow it.
 * @param width of the picture in pixels, as its `height`; the planes have whole blocks.
 * @param stride of the planes of chroma, as their `rows`; `n` times as much of that of luma, 1 or 2.
 * @param divisors of luma and of chroma, 128 numbers each.
 * @param used receives how often each symbol is used, 256 for each code: constant components (even) and others (odd), of
 * luma (0, 1) and of chroma (2, 3).
 * @param symbols space for 65 symbols a block.
 * @returns the number of symbols.
 */
export function addBlocks(
  luma: usize,
  cb: usize,
  cr: usize,
  width: i32,
  height: i32,
  stride: i32,
  rows: i32,
  n: i32,
  divisors: usize,
  used: usize,
  symbols: usize,
): i32 {
  next = symbols
  counts = used
  memory.fill(used, 0, 4096)
  const ofChroma = divisors + 512
  let previousY = 0
  let previousCb = 0
  let previousCr = 0
  for (let row = 0; row < rows; row += 8) {
    for (let column = 0; column < stride; column += 8) {
      for (let y = row * n, bottom = y + n * 8; y < bottom; y += 8) {
        for (let x = column * n, right = x + n * 8; x < right; x += 8) {
          if (x >= width || y >= height) {
            // Blocks that are wholly outside of the picture cost the fewest bits if they repeat the last one.
            add(0, 0)
            add(0x100 | endOfBlock, 0)
          } else previousY = addBlock(luma + y * stride * n + x, stride * n, divisors, 0, previousY)
        }
      }
      const at = row * stride + column
      previousCb = addBlock(cb + at, stride, ofChroma, 0x200, previousCb)
      previousCr = addBlock(cr + at, stride, ofChroma, 0x200, previousCr)
    }
  }
  return <i32>((next - symbols) >> 2)
}

/** @returns the constant level, which the next block of the plane is told as `previous`. */
function addBlock(samples: usize, stride: i32, divisors: usize, code: i32, previous: i32): i32 {
  let places = quantize(samples, stride, divisors) & ~1
  const level = levelAt(0)
  const constant = level - (level >> 31)
  const difference = constant - previous
  const sign = difference >> 31
  const size = 32 - clz((difference ^ sign) - sign)
  add(code | size, (difference + sign) & ((1 << size) - 1))

  const others = code | 0x100
  let last = 0
  while (places !== 0) {
    const k = <i32>ctz(places)
    places &= places - 1
    let run = k - last - 1
    last = k
    for (; run > 15; run -= 16) add(others | zeroRun, 0)
    const value = levelAt(k)
    const bits = 32 - clz(value ^ (value >> 31))
    add(others | (run << 4) | bits, value & ((1 << bits) - 1))
  }
  if (last < 63) add(others | endOfBlock, 0)
  return constant
}
