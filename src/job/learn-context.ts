import type { RunContext } from '../operators/definition.js'
import { seekFrames } from '../sources/sample-frames.js'
import type { Picture } from '../types.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { fitSurface } from '../vision/surface/fit-surface.js'
import { noSurface, restoreSurface, type SurfaceModel } from '../vision/surface/surface-model.js'
import type { JobContext, ResolvedRun } from './contract.js'
import { fitDetector, type Look, lookAhead, lookForPeople } from './fit-detector.js'
import { sampledFrames } from './open-input.js'
import type { RunConfig } from './settings.js'

/** Decodes the frames from which the video is learned. @param look undefined when no detector runs. */
export function decodeSamples(
  { info, model }: ResolvedRun,
  { config, hooks }: JobContext,
  look: Look | undefined,
) {
  const found = look && lookAhead(model, config, look, learnsFromPeople(config))
  // With a memory limit, one ffmpeg at a time: several of them would determine the peak.
  return seekFrames(info, config.grassSamples, hooks.signal, config.maxMemory && 1, found)
}

/** Computes what the steps need to know about the video. */
export async function learnContext(
  resolved: ResolvedRun,
  { config, observer }: JobContext,
  samples: readonly [Picture, ...Picture[]],
  look: Look | undefined,
): Promise<RunContext> {
  const { info, identity, model, device } = resolved
  const surface = await surfaceFor(resolved, config, samples, look)
  if (!surface.found && config.surface !== 'none' && usesSurface(config))
    observer.warned(`no playing surface was found (${surface.reason}): everyone is kept`)
  const playing = config.pitchFilter && surface.found ? surface : undefined
  const detector =
    look === undefined
      ? { ...detectorOptions(model), why: 'it does not run' }
      : await fitDetector(model, config, samples, look, playing)
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

const usesSurface = ({ pitchFilter = false, backgroundRemoval = false }: RunConfig): boolean =>
  pitchFilter || backgroundRemoval

const learnsFromPeople = (config: RunConfig): boolean => config.surface === 'auto' && usesSurface(config)

/** Learns the playing surface, or takes what the user or an earlier run says of it. */
async function surfaceFor(
  { model, earlier }: ResolvedRun,
  config: RunConfig,
  samples: readonly [Picture, ...Picture[]],
  look: Look | undefined,
): Promise<SurfaceModel> {
  const { surface, grassSensitivity: sensitivity } = config
  if (surface === 'none') return noSurface('--surface none')
  if (surface === 'auto' && earlier?.surface !== undefined)
    return restoreSurface(earlier.surface, sensitivity)
  const seen =
    look !== undefined && learnsFromPeople(config) ? await lookForPeople(model, config, samples, look) : []
  const options = { topCropRatio: config.grassTop, bottomCropRatio: config.grassBottom, sensitivity }
  return fitSurface(samples, { ...options, color: surface === 'auto' ? undefined : surface }, seen)
}
