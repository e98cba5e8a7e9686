import type { RunContext } from '../operators/definition.js'
import type { WorkerPool } from '../runtime/worker-pool.js'
import { seekFrames } from '../sources/sample-frames.js'
import type { Picture } from '../types.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { fitSurface } from '../vision/surface/fit-surface.js'
import { noSurface, restoreSurface } from '../vision/surface/surface-model.js'
import type { JobContext, ResolvedRun } from './contract.js'
import { type Fitted, fitDetectorIn } from './fit-detector.js'
import { sampledFrames } from './open-input.js'
import type { RunConfig } from './settings.js'

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
  const { detector, surface } = await fitIn(pool, resolved, config, samples)
  if (!surface.found && config.surface !== 'none' && usesSurface(config)) {
    observer.warned(
      `no playing surface was found (${surface.reason}): everyone is kept, and backgrounds are kept`,
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

const usesSurface = ({ pitchFilter = false, backgroundRemoval = false }: RunConfig) =>
  pitchFilter || backgroundRemoval

/** Fits the detector and the playing surface to the video, or takes what an earlier run learned. */
async function fitIn(
  pool: WorkerPool,
  { model, device, earlier }: ResolvedRun,
  config: RunConfig,
  samples: readonly [Picture, ...Picture[]],
): Promise<Fitted> {
  const { surface: asked, grassSensitivity: sensitivity } = config
  const options = {
    topCropRatio: config.grassTop,
    bottomCropRatio: config.grassBottom,
    ...{ sensitivity, color: typeof asked === 'string' ? undefined : asked },
  }
  const none = asked === 'none' ? noSurface('--surface none') : undefined
  if (earlier !== undefined) {
    const known = asked === 'auto' && earlier.surface && restoreSurface(earlier.surface, sensitivity)
    const surface = none ?? (known || fitSurface(samples, options))
    return { detector: { ...detectorOptions(model), why: 'it does not run' }, surface }
  }
  const fitted = await fitDetectorIn(pool, {
    ...{ model, config, samples },
    surface: none ?? options,
    filters: config.pitchFilter === true,
    learns: usesSurface(config),
    onDevice: device.name !== 'cpu',
  })
  return fitted
}
