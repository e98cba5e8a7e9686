import type { BackgroundRemoval, RunContext } from '../operators/definition.js'
import { removalMethod } from '../operators/remove-background.js'
import type { WorkerPool } from '../runtime/worker-pool.js'
import { seekFrames } from '../sources/sample-frames.js'
import type { Picture } from '../types.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { loadPersonModel } from '../vision/segmentation/person-model.js'
import { fitSurface } from '../vision/surface/surface-model.js'
import { type Comparison, maskAgreementIn } from './compare-masks.js'
import type { JobContext, ResolvedRun } from './contract.js'
import { fitDetectorIn } from './fit-detector.js'
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
  const surface = fitSurface(samples, {
    topCropRatio: config.grassTop,
    bottomCropRatio: config.grassBottom,
    sensitivity: config.grassSensitivity,
  })
  const playing = config.pitchFilter && surface.found ? surface : undefined
  const { detector, seen } =
    resolved.earlier === undefined
      ? await fitDetectorIn(pool, {
          model,
          config,
          samples,
          surface: playing,
          onDevice: device.name !== 'cpu',
        })
      : { detector: { ...detectorOptions(model), why: 'it does not run' }, seen: [] }
  const removal = await removalIn(pool, resolved, config, { samples, surface, detector, seen })
  if (!surface.found && (config.pitchFilter || config.background === 'surface')) {
    const backgrounds =
      removal.method === 'person' ? 'backgrounds are removed by a network' : 'backgrounds are kept'
    observer.warned(
      `no playing surface was found (${surface.reason}): no player is dropped as off_pitch, and ${backgrounds}`,
    )
  }
  return {
    ...{
      model,
      device: device.name,
      detector,
      surface,
      removal,
      videoGuid: identity.videoGuid,
      durationSeconds: info.durationSeconds,
    },
    intervalSeconds: sampledFrames(resolved, config).intervalSeconds,
    sparse: config.frames !== undefined,
  }
}

/** A graph without the step removes nothing. An earlier run has compared the masks with the same frames. */
async function removalIn(
  pool: WorkerPool,
  { model, device, earlier }: ResolvedRun,
  { background, backgroundRemoval }: RunConfig,
  learnt: Pick<Comparison, 'samples' | 'surface' | 'detector' | 'seen'>,
): Promise<BackgroundRemoval> {
  if (background === undefined || backgroundRemoval === undefined) return { method: 'none' }
  const { surface } = learnt
  const values = { background, backgroundRemoval }
  if (removalMethod(values, surface) === 'none') return { method: 'none' }
  const person = await loadPersonModel()
  const compared = background === 'auto' && surface.separatesPeople
  const onDevice = device.name !== 'cpu'
  const agreement =
    earlier === undefined && compared
      ? await maskAgreementIn(pool, { ...learnt, model, person, onDevice })
      : earlier?.maskAgreement
  const method = removalMethod(values, surface, agreement)
  return method === 'person' ? { method, model: person, agreement } : { method, agreement }
}
