/** Positions of the zigzag order, from low to high frequencies, in a block of 8 rows of 8. */
// biome-ignore format: a table
const zigzag = Uint8Array.of(
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55,
  62, 63,
)

/** Quantization tables of the standard (ITU-T T.81, K.1 and K.2), in rows. */
// biome-ignore format: tables
export const standard = {
  luma: Uint8Array.of(
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
  ),
  chroma: Uint8Array.of(
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
    99, 99, 99, ...new Uint8Array(32).fill(99),
  ),
}

/** Divides coefficients, which are scaled by 8, by a quantization table. */
export interface Quantizer {
  /** 1 to 255, in zigzag order. */
  readonly table: Uint8Array
  /**
   * The same for exact division of magnitudes m without dividing, row by row: 64 halves of the scaled divisors, and 64
   * inverses. `(((m + half) >> 3) * inverse) >> 20` is m / (8 * divisor), rounded half up.
   */
  readonly divisors: Int32Array
}

/** @param quality 1 to 100; scales the table as libjpeg does. */
export function quantizerOf(standardTable: Uint8Array, quality: number): Quantizer {
  const percent = quality < 50 ? Math.trunc(5000 / quality) : 200 - 2 * quality
  const rows = Array.from(standardTable, divisor =>
    Math.min(255, Math.max(1, Math.trunc((divisor * percent + 50) / 100))),
  )
  const halves = rows.map(divisor => 4 * divisor)
  const inverses = rows.map(divisor => Math.floor(2 ** 20 / divisor) + 1)
  return {
    table: Uint8Array.from(zigzag, position => rows[position]!),
    divisors: Int32Array.of(...halves, ...inverses),
  }
}
