import type { BackgroundRemoval, RunContext } from '../operators/definition.js'
import { removalMethod } from '../operators/remove-background.js'
import type { WorkerPool } from '../runtime/worker-pool.js'
import { seekFrames } from '../sources/sample-frames.js'
import type { Detection, Picture } from '../types.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { lookedAt } from '../vision/detectors/fit-view.js'
import { loadPersonModel } from '../vision/segmentation/person-model.js'
import { fitSurface, type SurfaceModel } from '../vision/surface/surface-model.js'
import { maskAgreementIn } from './compare-masks.js'
import type { JobContext, ResolvedRun } from './contract.js'
import { fitDetector, type Look, lookAhead } from './fit-detector.js'
import { sampledFrames } from './open-input.js'
import type { RunConfig } from './settings.js'

/** Decodes the frames from which the video is learned. @param look undefined when no detector runs. */
export function decodeSamples(
  { info, model }: ResolvedRun,
  { config, hooks }: JobContext,
  look: Look | undefined,
) {
  const found = look && lookAhead(model, config, look)
  // With a memory limit, one ffmpeg at a time: several of them would determine the peak.
  return seekFrames(info, config.grassSamples, hooks.signal, config.maxMemory && 1, found)
}

/** Computes what the steps need to know about the video. */
export async function learnContext(
  resolved: ResolvedRun,
  { config, observer }: JobContext,
  samples: readonly [Picture, ...Picture[]],
  look: Look | undefined,
  pool: WorkerPool,
): Promise<RunContext> {
  const { info, identity, model, device } = resolved
  const surface = fitSurface(samples, {
    topCropRatio: config.grassTop,
    bottomCropRatio: config.grassBottom,
    sensitivity: config.grassSensitivity,
  })
  const playing = config.pitchFilter && surface.found ? surface : undefined
  const detector =
    look === undefined
      ? { ...detectorOptions(model), why: 'it does not run' }
      : await fitDetector(model, config, samples, look, playing)
  const seeIn = (picture: Picture) => look?.(picture, detector)
  const removal = await removalIn(pool, resolved, config, surface, samples, seeIn)
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

/** Sample frames in which masks are compared. */
const comparedFrames = 3

/** A graph without the step removes nothing. An earlier run has compared the masks with the same frames. */
async function removalIn(
  pool: WorkerPool,
  { earlier }: ResolvedRun,
  { background, backgroundRemoval }: RunConfig,
  surface: SurfaceModel,
  samples: readonly Picture[],
  seeIn: (picture: Picture) => Promise<readonly Detection[]> | undefined,
): Promise<BackgroundRemoval> {
  if (background === undefined || backgroundRemoval === undefined) return { method: 'none' }
  const values = { background, backgroundRemoval }
  if (removalMethod(values, surface) === 'none') return { method: 'none' }
  const person = await loadPersonModel()
  let agreement = earlier?.maskAgreement
  if (earlier === undefined && background === 'auto' && surface.separatesPeople) {
    const pictures = lookedAt(samples.length).flatMap(i => samples[i] ?? [])
    const seen = pictures
      .slice(0, comparedFrames)
      .map(async picture => ({ picture, players: (await seeIn(picture)) ?? [] }))
    agreement = await maskAgreementIn(pool, { person, surface, seen: await Promise.all(seen) })
  }
  const method = removalMethod(values, surface, agreement)
  return method === 'person' ? { method, model: person, agreement } : { method, agreement }
}
