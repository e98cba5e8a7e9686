import { randomFor } from '../common/random.js'
import { choice, number, type Values } from '../settings/setting.js'
import type { Crop, DatasetCrop, Subset } from '../types.js'
import { type RunContext, workerOperator } from './definition.js'
import { seed, seedOf } from './seed.js'

export interface SplitOptions {
  /**
   * `time`: blocks of time go to one side, for all tracks, so that no moment is on both sides, even if one player has
   * two tracks. `identity`: whole tracks go to one side.
   */
  readonly by: 'time' | 'identity'
  /** Share of the crops in val, from 0 to 1. */
  readonly valRatio: number
  /** Seconds from the start of one train block to the next. */
  readonly periodSeconds: number
  /** Seconds dropped at each change between train and val. */
  readonly gapSeconds: number
  /** Seed of the split by identity. */
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
 * Fits the split to a video: a whole number of periods, so that the ratio holds; gaps of at most a twentieth of a
 * period, so that a short video keeps enough crops; and at least one sampled frame in each gap, so that neighboring
 * frames are never on different sides. If the gaps would take more than half of the video, all of it is train.
 * @param intervalSeconds largest time between two sampled frames
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

/** Frames farther apart than this show a player in a different pose: they do not count as neighbors. */
const NEIGHBOR_SECONDS = 5

const settings = {
  valRatio: number({
    from: 0,
    to: 1,
    default: splitDefaults.valRatio,
    value: 'fraction',
    essential: true,
    help: 'share in val: of the time, or of the tracks with --split identity',
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
  // Sparse frames are not tracked: each detection is its own identity. If the frames are far apart, each may go to
  // either side; otherwise blocks of time keep neighbors together.
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

/** Assigns each crop to train or val, based only on its track and time; drops crops in a gap as `split_gap`. */
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

/** The side of a track at a time; undefined in a gap. */
export function subsetOf(trackId: number, ptsMs: number, options: SplitOptions): Subset | undefined {
  return options.by === 'identity' ? subsetOfTrack(trackId, options) : subsetAt(ptsMs / 1000, options)
}

function subsetOfTrack(trackId: number, { seed, valRatio }: SplitOptions): Subset {
  return randomFor(seed, 'split', trackId)() < valRatio ? 'val' : 'train'
}

/** A period consists of train, gap, val, gap. Undefined in a gap. */
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
