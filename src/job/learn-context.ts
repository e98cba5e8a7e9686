import type { RunContext } from '../operators/definition.js'
import { seekFrames } from '../sources/sample-frames.js'
import { type DetectorOptions, detectorOptions } from '../vision/detectors/detector-options.js'
import type { Model } from '../vision/detectors/model.js'
import { fitSurface } from '../vision/surface/surface-model.js'
import type { JobContext, ResolvedRun } from './contract.js'
import { sampledFrames } from './open-input.js'
import type { RunConfig } from './settings.js'

function fitDetector(model: Model, { confidence, nmsIou, classes, inputSize }: RunConfig): DetectorOptions {
  const size = typeof inputSize === 'number' ? inputSize : model.defaults.inputSize
  return detectorOptions(model, { confidence, nmsIou, classes, inputSize: size })
}

/** Computes what the steps need to know about the video. */
export async function learnContext(
  resolved: ResolvedRun,
  { config, hooks, observer }: JobContext,
): Promise<RunContext> {
  const { info, identity, model } = resolved
  // With a memory limit, one ffmpeg at a time: several of them would determine the peak.
  const samples = await seekFrames(info, config.grassSamples, hooks.signal, config.maxMemory && 1)
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
  return {
    ...{
      model,
      detector: fitDetector(model, config),
      surface,
      videoGuid: identity.videoGuid,
      durationSeconds: info.durationSeconds,
    },
    intervalSeconds: sampledFrames(resolved, config).intervalSeconds,
    sparse: config.frames !== undefined,
  }
}
