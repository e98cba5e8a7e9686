import { type Config, configure, type Options } from '../../dist/job/config.js'
import { type Plan, planFor } from '../../dist/job/operator-options.js'
import type { MakeStep, Operator, Step } from '../../dist/runtime/operator.js'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'
import { identify } from '../../dist/sources/identity.js'
import { probe, type VideoInfo } from '../../dist/sources/probe.js'
import { seekFrames } from '../../dist/sources/sample-frames.js'
import { type VideoFrames, videoFrames } from '../../dist/sources/video.js'
import { loadModel, type Model } from '../../dist/vision/detectors/model.js'
import { fitSurface, type SurfaceModel } from '../../dist/vision/surface/surface-model.js'

/** What a run prepares, for a bench that takes the graph apart. */
export interface Parts {
  readonly config: Config
  readonly info: VideoInfo
  readonly model: Model
  readonly grass: SurfaceModel
  readonly plan: Plan
  /** A new reading of the video. */
  frames(): VideoFrames
}

export async function partsFor(path: string, options: Options = {}): Promise<Parts> {
  const config = configure(options)
  const info = await probe(path, findBinaries())
  const { videoGuid } = await identify(path)
  const grass = fitSurface(await seekFrames(info, config.grassSamples))
  const { fps, every, frames, lenient } = config
  const open = () => videoFrames(info, { fps, every, frames, lenient })
  const plan = planFor(config, info, open(), videoGuid)
  return { config, info, model: await loadModel(config.model), grass, plan, frames: open }
}

/** An operator's step on this thread. */
export async function stepOf<In, Out>({ module, options }: Operator<In, Out>): Promise<Step<In, Out>> {
  const { step } = (await import(module)) as { step: MakeStep<In, Out, unknown> }
  return step(options)
}
