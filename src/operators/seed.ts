import { integer } from '../settings/setting.js'

/** Setting of all steps that use random numbers. */
export const seed = integer({
  from: 0,
  to: Number.MAX_SAFE_INTEGER,
  default: 0,
  value: 'number',
  help: 'the same seed gives the same dataset',
})

/** Equal crops of different videos get different random numbers. */
export const seedOf = (seed: number, videoGuid: string): string => `${seed}/${videoGuid}`
