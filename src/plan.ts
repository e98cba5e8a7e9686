import type { Config } from './config.js'
import type { AugmentOptions } from './operators/augment.js'
import type { CropOptions } from './operators/crop.js'
import type { DetectOptions } from './operators/detect.js'
import type { JpegOptions } from './operators/encode.js'
import type { RemoveBackgroundOptions } from './operators/remove-background.js'
import { fitSplit, type SplitOptions } from './operators/split.js'
import type { TrackOptions } from './operators/track.js'
import type { VideoInfo } from './sources/probe.js'
import type { VideoOptions } from './sources/video.js'

/** What each operator of the graph is given for one video: the user's settings in the operators' terms. */
export interface Plan {
  readonly video: VideoOptions
  readonly detect: DetectOptions
  readonly track: TrackOptions
  readonly crop: CropOptions
  readonly background: Pick<RemoveBackgroundOptions, 'replacementColor'>
  readonly split: SplitOptions
  readonly augment: AugmentOptions
  readonly jpeg: JpegOptions
}

/** @param videoGuid makes equal crops of different videos differ in their chances. */
export function planFor(config: Config, info: VideoInfo, videoGuid: string): Plan {
  const { fps, every, frames, lenient, confidence, nmsIou, inputSize, classes } = config
  const { padding, minHeight, replacementColor, quality, chroma } = config
  const seed = `${config.seed}/${videoGuid}`
  const sparse = frames !== undefined
  return {
    video: { fps, every, frames, lenient },
    detect: { confidence, nmsIou, inputSize, classes },
    track: { highThreshold: confidence, lostSeconds: config.lostSeconds, sparse },
    crop: { padding, minHeight },
    background: { replacementColor },
    split: fitSplit(
      {
        // Of frames too far apart to be tracked, no two are neighbours: each detection has its own side.
        by: sparse ? 'identity' : config.split,
        valRatio: config.valRatio,
        periodSeconds: config.splitPeriod,
        gapSeconds: config.splitGap,
        seed,
      },
      info.durationSeconds,
      every !== undefined ? every / info.fps : 1 / Math.min(fps ?? 5, info.fps),
    ),
    augment: { variants: config.augment, fill: replacementColor, seed },
    jpeg: { quality, chromaSubsampling: chroma },
  }
}
