import { type Config, configure } from '../../dist/graph.js'
import type { Configurable, RunContext } from '../../dist/operators/definition.js'
import type { Step, StepContext, WorkerDefinition } from '../../dist/runtime/operator.js'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'
import { identify } from '../../dist/sources/identity.js'
import { probe, type VideoInfo } from '../../dist/sources/probe.js'
import { seekFrames } from '../../dist/sources/sample-frames.js'
import { type VideoFrames, videoFrames } from '../../dist/sources/video.js'
import { detectorOptions } from '../../dist/vision/detectors/detector-options.js'
import { loadModel } from '../../dist/vision/detectors/model.js'
import { fitSurface } from '../../dist/vision/surface/surface-model.js'

/** What a run has prepared before its first frame, for benchmarks that run its steps one by one. */
export interface Parts {
  readonly config: Config
  readonly info: VideoInfo
  readonly runContext: RunContext
  /** Opens the video once more. */
  frames(): VideoFrames
}

/** Prepares a run with the default options. */
export async function partsFor(path: string): Promise<Parts> {
  const config = configure({})
  const info = await probe(path, findBinaries())
  const { videoGuid } = await identify(path)
  const model = await loadModel(config)
  const surface = fitSurface(await seekFrames(info, config.grassSamples))
  const frames = () => videoFrames(info)
  const runContext: RunContext = {
    ...{
      model,
      detector: { ...detectorOptions(model), why: 'default' },
      surface,
      videoGuid,
      durationSeconds: info.durationSeconds,
    },
    intervalSeconds: frames().intervalSeconds,
    sparse: false,
    device: 'cpu',
  }
  return { config, info, runContext, frames }
}

/** Makes a worker's step on this thread, with its options for the video. */
export async function stepFor<In, Out>(
  definition: WorkerDefinition<In, Out> & Pick<Configurable, 'configured'>,
  { config, runContext }: Parts,
): Promise<Step<In, Out>> {
  const operator = definition.configured(config, runContext)
  if (operator === undefined || !('options' in operator)) {
    throw new Error(`Expected ${definition.operator} to run on workers by default`)
  }
  return definition.step(operator.options as never)
}

/** Counts nothing. */
export const uncounted: StepContext = { drop() {}, count() {} }
