import type { AugmentOptions } from '../operators/augment.js'
import type { CropOptions } from '../operators/crop.js'
import type { DetectOptions } from '../operators/detect.js'
import type { JpegOptions } from '../operators/encode.js'
import type { RemoveBackgroundOptions } from '../operators/remove-background.js'
import { fitSplit, type SplitOptions } from '../operators/split.js'
import type { TrackOptions } from '../operators/track.js'
import type { VideoInfo } from '../sources/probe.js'
import type { FrameSource } from '../sources/video.js'
import type { Config } from './config.js'

/** What each operator of the graph is given for one video: the user's settings in the operators' terms. */
export interface Plan {
  readonly detect: DetectOptions
  readonly track: TrackOptions
  readonly crop: CropOptions
  readonly background: Pick<RemoveBackgroundOptions, 'replacementColor'>
  readonly split: SplitOptions
  readonly augment: AugmentOptions
  readonly jpeg: JpegOptions
  /** Intermediate images to write as well. */
  readonly keep: { readonly frames: boolean; readonly originals: boolean; readonly modified: boolean }
}

/** Frames further apart than this show a player from another side: no two of them are neighbours. */
const NEIGHBOUR_SECONDS = 5

/** @param videoGuid makes equal crops of different videos differ in their chances. */
export function planFor(
  config: Config,
  info: VideoInfo,
  video: FrameSource<unknown>,
  videoGuid: string,
): Plan {
  const { confidence, nmsIou, inputSize, classes, lostSeconds, frames } = config
  const { padding, minHeight, replacementColor, quality, chroma } = config
  const seed = `${config.seed}/${videoGuid}`
  // Frames chosen by number are not tracked: each detection is its own identity. Only where they are far
  // apart may each have its own side; else whole stretches of time keep neighbours together.
  const sparse = frames !== undefined
  const far = video.intervalSeconds > NEIGHBOUR_SECONDS
  // What an earlier run kept need not be kept again.
  const cutsCrops = config.from !== 'crops'
  return {
    detect: { confidence, nmsIou, inputSize, classes },
    track: { highThreshold: confidence, lostSeconds, sparse },
    crop: { padding, minHeight },
    background: { replacementColor },
    split: fitSplit(
      {
        by: sparse ? (far ? 'identity' : 'time') : config.split,
        valRatio: config.valRatio,
        periodSeconds: config.splitPeriod,
        gapSeconds: config.splitGap,
        seed,
      },
      info.durationSeconds,
      video.intervalSeconds,
    ),
    augment: { variants: config.augment, fill: replacementColor, seed },
    jpeg: { quality, chromaSubsampling: chroma },
    keep: {
      frames: cutsCrops && (config.saveFrames || config.persist === 'all'),
      originals: cutsCrops && (config.saveCrops || config.persist !== 'final'),
      modified: config.saveCrops || config.persist === 'all',
    },
  }
}
