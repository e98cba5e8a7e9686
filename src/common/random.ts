import { createHash } from 'node:crypto'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

/** Numbers from 0 up to, but not including, 1. */
export type Random = () => number

/**
 * A generator keyed by strings: the same keys give the same numbers, whatever thread asks and in which
 * order, and different keys give unrelated ones.
 */
export function randomFor(...keys: readonly (string | number)[]): Random {
  const hash = createHash('sha256').update(JSON.stringify(keys)).digest()
  const rng = xoroshiro128plusFromState([0, 4, 8, 12].map(at => hash.readInt32LE(at)))
  return () => uniformFloat64(rng)
}

/** Uniform between `low` and `high`. */
export const between = (random: Random, low: number, high: number): number => low + (high - low) * random()
