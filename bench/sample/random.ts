import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** A stream of random numbers; each call advances it. */
export interface Random {
  /** Uniform in `[low, high)`. */
  between(low: number, high: number): number
  /** Standard normal times `sigma`, by Box and Muller. */
  normal(sigma: number): number
  pick<T>(choices: readonly [T, ...T[]]): T
}

/** Gives each purpose a separate stream, so that a change of one part does not change the others. */
export function seeded(seed: number, purpose: string): Random {
  let hash = 0x811c9dc5 ^ seed // FNV-1a
  for (let i = 0; i < purpose.length; i++) hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193)
  const generator = xoroshiro128plus(hash)
  for (let i = 0; i < 16; i++) generator.next() // the first numbers still correlate with the seed
  const between = (low: number, high: number) => low + (high - low) * uniformFloat64(generator)
  return {
    between,
    normal: sigma =>
      sigma * Math.sqrt(-2 * Math.log(1 - between(0, 1))) * Math.cos(2 * Math.PI * between(0, 1)),
    pick: choices => choices[Math.floor(between(0, choices.length))] ?? choices[0],
  }
}
