import { randomFor } from '../common/random.js'
import { choice, number, type Values } from '../settings/setting.js'
import type { Crop, DatasetCrop, Subset } from '../types.js'
import { type RunContext, workerOperator } from './definition.js'
import { seed, seedOf } from './seed.js'

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

/** Frames farther apart than this show a player from another side: no two of them are neighbors. */
const NEIGHBOR_SECONDS = 5

const settings = {
  valRatio: number({
    from: 0,
    to: 1,
    default: splitDefaults.valRatio,
    value: 'fraction',
    essential: true,
    help: 'share of the crops that validates',
  }),
  split: choice(['time', 'identity'], {
    default: splitDefaults.by,
    help: 'unit of the split: time blocks or tracks',
  }),
  splitPeriod: number({
    from: 1,
    to: 36_000,
    default: splitDefaults.periodSeconds,
    value: 'seconds',
    help: 'from the start of one training block to the next',
  }),
  splitGap: number({
    from: 0,
    to: 3600,
    default: splitDefaults.gapSeconds,
    value: 'seconds',
    help: 'time dropped between training and validation',
  }),
  seed,
}

/** The split of one video: the user's settings, fitted to it. */
export function splitFor(values: Values<typeof settings>, context: RunContext): SplitOptions {
  const { durationSeconds, intervalSeconds, sparse, videoGuid } = context
  // Sparse frames are not tracked: each detection is its own identity. Only where the frames are far apart may
  // each have its own side; else whole blocks of time keep neighbors together.
  const sparseBy = intervalSeconds > NEIGHBOR_SECONDS ? 'identity' : 'time'
  const options: SplitOptions = {
    by: sparse ? sparseBy : values.split,
    valRatio: values.valRatio,
    periodSeconds: values.splitPeriod,
    gapSeconds: values.splitGap,
    seed: seedOf(values.seed, videoGuid),
  }
  return fitSplit(options, durationSeconds, intervalSeconds)
}

/** Decides the side of each crop from its track and time alone, so that it streams and never changes. */
export const split = workerOperator({
  name: 'split',
  module: import.meta.url,
  settings,
  options: splitFor,
  defaults: splitDefaults,
  step:
    (options: SplitOptions) =>
    (crop: Crop, context): DatasetCrop[] => {
      const subset = subsetOf(crop.detection.trackId, crop.ptsMs, options)
      if (subset !== undefined) return [{ ...crop, subset, augmentation: 0 }]
      context.drop('split_gap', 1, crop.detection.xyxy)
      return []
    },
})

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
