import { randomFor } from '../common/random.js'
import type { MakeStep, Operator } from '../runtime/operator.js'
import type { Crop, DatasetCrop, Subset } from '../types.js'

export interface SplitOptions {
  /**
   * `time`: whole stretches of the video go to one side, for every track alike, so that no moment is on
   * both sides even where one player has two tracks. `identity`: whole tracks go to one side.
   */
  readonly by: 'time' | 'identity'
  /** Share of the crops that validates, from 0 to 1. */
  readonly valRatio: number
  /** Seconds from the start of one stretch of training to the next. */
  readonly periodSeconds: number
  /** Seconds dropped between the sides, each time they change. */
  readonly gapSeconds: number
  /** What the choice of identities depends on, beside the track. */
  readonly seed: string
}

export const splitDefaults: SplitOptions = {
  by: 'time',
  valRatio: 0.2,
  periodSeconds: 20,
  gapSeconds: 1,
  seed: '0',
}

/**
 * Fits the stretches to a video: a whole number of them, so that the ratio holds; a gap of at most a
 * twentieth of one, so that a short video keeps something to train on; and at least one sampled frame in
 * each gap, so that neighbours never face each other. A video of so few frames that the gaps would take
 * half of it is not split: all of it trains.
 * @param intervalSeconds between two sampled frames, at most
 */
export function fitSplit(
  options: SplitOptions,
  durationSeconds: number,
  intervalSeconds: number,
): SplitOptions {
  if (options.by === 'identity') return options
  const cycles = Math.max(1, Math.round(durationSeconds / options.periodSeconds))
  const periodSeconds = durationSeconds / cycles
  const gapSeconds = Math.max(Math.min(options.gapSeconds, periodSeconds / 20), intervalSeconds)
  const oneSided = options.valRatio === 0 || options.valRatio === 1
  const valRatio = oneSided || 2 * gapSeconds <= periodSeconds / 2 ? options.valRatio : 0
  return { ...options, periodSeconds, gapSeconds, valRatio }
}

/** Decides the side of each crop from its track and time alone, so that it streams and never changes. */
export const split = (options: Partial<SplitOptions> = {}): Operator<Crop, DatasetCrop, SplitOptions> => ({
  name: 'split',
  module: import.meta.url,
  options: { ...splitDefaults, ...options },
})

export const step: MakeStep<Crop, DatasetCrop, SplitOptions> = options => (crop, tally) => {
  const subset = subsetOf(crop.detection.trackId, crop.ptsMs, options)
  if (subset !== undefined) return [{ ...crop, subset, augmentation: 0 }]
  tally.drop('split_gap', 1, crop.detection.xyxy)
  return []
}

/** The side of what a track shows at a time; undefined in a gap between the sides. */
export function subsetOf(trackId: number, ptsMs: number, options: SplitOptions): Subset | undefined {
  return options.by === 'identity' ? subsetOfTrack(trackId, options) : subsetAt(ptsMs / 1000, options)
}

function subsetOfTrack(trackId: number, { seed, valRatio }: SplitOptions): Subset {
  return randomFor(seed, 'split', trackId)() < valRatio ? 'val' : 'train'
}

/** A period is train, gap, val, gap; a time in a gap has no side. */
export function subsetAt(
  seconds: number,
  { periodSeconds, gapSeconds, valRatio }: Pick<SplitOptions, 'periodSeconds' | 'gapSeconds' | 'valRatio'>,
): Subset | undefined {
  if (valRatio === 0) return 'train'
  if (valRatio === 1) return 'val'
  const kept = periodSeconds - 2 * gapSeconds
  const train = kept * (1 - valRatio)
  const at = ((seconds % periodSeconds) + periodSeconds) % periodSeconds
  if (at < train) return 'train'
  if (at < train + gapSeconds) return undefined
  return at < train + gapSeconds + kept * valRatio ? 'val' : undefined
}
