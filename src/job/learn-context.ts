import type { RunContext } from '../operators/definition.js'
import { seekFrames } from '../sources/sample-frames.js'
import type { Picture } from '../types.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { fitSurface } from '../vision/surface/surface-model.js'
import type { JobContext, ResolvedRun } from './contract.js'
import { fitDetector, type Look, lookAhead } from './fit-detector.js'
import { sampledFrames } from './open-input.js'

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
): Promise<RunContext> {
  const { info, identity, model, device } = resolved
  const surface = fitSurface(samples, {
    topCropRatio: config.grassTop,
    bottomCropRatio: config.grassBottom,
    sensitivity: config.grassSensitivity,
  })
  if (!surface.found && (config.pitchFilter || config.backgroundRemoval)) {
    observer.warned(
      `no playing surface was found (${surface.reason}): no player is dropped as off_pitch, and backgrounds are kept`,
    )
  }
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
