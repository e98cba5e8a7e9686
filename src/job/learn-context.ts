import type { RunContext } from '../operators/definition.js'
import type { WorkerPool } from '../runtime/worker-pool.js'
import { seekFrames } from '../sources/sample-frames.js'
import type { Picture } from '../types.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { fitSurface } from '../vision/surface/fit-surface.js'
import type { JobContext, ResolvedRun } from './contract.js'
import { fitDetectorIn } from './fit-detector.js'
import { sampledFrames } from './open-input.js'

/** Decodes the frames from which the video is learned. */
export const decodeSamples = ({ info }: ResolvedRun, { config, hooks }: JobContext) =>
  // With a memory limit, one ffmpeg at a time: several of them would determine the peak.
  seekFrames(info, config.grassSamples, hooks.signal, config.maxMemory && 1)

/** Computes what the steps need to know about the video. */
export async function learnContext(
  resolved: ResolvedRun,
  { config, observer }: JobContext,
  samples: readonly [Picture, ...Picture[]],
  pool: WorkerPool,
): Promise<RunContext> {
  const { info, identity, model, device } = resolved
  const options = {
    topCropRatio: config.grassTop,
    bottomCropRatio: config.grassBottom,
    sensitivity: config.grassSensitivity,
  }
  const usesSurface = config.pitchFilter === true || config.backgroundRemoval === true
  const { detector, surface } =
    resolved.earlier === undefined
      ? await fitDetectorIn(pool, {
          ...{ model, config, samples },
          surface: options,
          uses: { filter: config.pitchFilter === true, surface: usesSurface },
          onDevice: device.name !== 'cpu',
        })
      : {
          detector: { ...detectorOptions(model), why: 'it does not run' },
          surface: fitSurface(samples, options),
        }
  if (!surface.found && usesSurface) {
    observer.warned(
      `no playing surface was found (${surface.reason}): no player is dropped as off_pitch, and backgrounds are kept`,
    )
  }
  return {
    ...{
      model,
      device: device.name,
      detector,
      surface,
      videoGuid: identity.videoGuid,
      durationSeconds: info.durationSeconds,
    },
    intervalSeconds: sampledFrames(resolved, config).intervalSeconds,
    sparse: config.frames !== undefined,
  }
}
