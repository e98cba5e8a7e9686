import { createHash } from 'node:crypto'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

/** Returns uniform random numbers in [0, 1). */
export type Random = () => number

/**
 * A generator seeded by its keys: equal keys give the same sequence, independent of thread and order, and different keys
 * give independent sequences.
 */
export function randomFor(...keys: readonly (string | number)[]): Random {
  const hash = createHash('sha256').update(JSON.stringify(keys)).digest()
  const rng = xoroshiro128plusFromState([0, 4, 8, 12].map(at => hash.readInt32LE(at)))
  return () => uniformFloat64(rng)
}

/** A uniform random number in [low, high). */
export const between = (random: Random, low: number, high: number): number => low + (high - low) * random()
