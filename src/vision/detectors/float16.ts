// JavaScript has Float16Array from Node 24 on only.
const floats = new Float32Array(1)
const bits = new Uint32Array(floats.buffer)

/** Rounds values to IEEE 754 half precision, to nearest, ties to even. @param halves receives their bits. */
export function float16Bits(values: ArrayLike<number>, halves: Uint16Array): void {
  for (let i = 0; i < values.length; i++) halves[i] = float16(values[i]!)
}

function float16(value: number): number {
  floats[0] = value
  const all = bits[0]!
  const sign = (all >>> 16) & 0x8000
  const exponent = (all >>> 23) & 0xff
  const fraction = all & 0x7fffff
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200)
  if (exponent > 142) return sign | 0x7c00
  if (exponent < 102) return sign
  // Below 2^-14 the fraction holds the leading one as well.
  const [kept, shift] =
    exponent < 113 ? [fraction | 0x800000, 126 - exponent] : [((exponent - 112) << 23) | fraction, 13]
  const half = kept >>> shift
  const rest = kept & ((1 << shift) - 1)
  const tie = 1 << (shift - 1)
  return sign | (half + (rest > tie || (rest === tie && (half & 1) === 1) ? 1 : 0))
}

/** The values of half-precision bits. */
export function fromFloat16(halves: ArrayLike<number>): Float32Array {
  const values = new Float32Array(halves.length)
  for (let i = 0; i < halves.length; i++) values[i] = halfValue(halves[i]!)
  return values
}

function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
