import type { RunContext } from '../operators/definition.js'
import { seekFrames } from '../sources/sample-frames.js'
import type { OpenNetwork } from '../vision/detectors/detector.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { fitSurface } from '../vision/surface/surface-model.js'
import type { JobContext, ResolvedRun } from './contract.js'
import { fitDetector } from './fit-detector.js'
import { sampledFrames } from './open-input.js'

/** Computes what the steps need to know about the video. @param open opens the network on the device of the run. */
export async function learnContext(
  resolved: ResolvedRun,
  { config, hooks, observer }: JobContext,
  open?: OpenNetwork,
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
  const playing = config.pitchFilter && surface.found ? surface : undefined
  const detector =
    resolved.earlier === undefined
      ? await fitDetector(model, config, samples, { surface: playing, signal: hooks.signal, open })
      : { ...detectorOptions(model), why: 'it does not run' }
  return {
    ...{
      model,
      device: resolved.device.name,
      detector,
      surface,
      videoGuid: identity.videoGuid,
      durationSeconds: info.durationSeconds,
    },
    intervalSeconds: sampledFrames(resolved, config).intervalSeconds,
    sparse: config.frames !== undefined,
  }
}
