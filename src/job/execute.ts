import { CheckpointWriter } from '../checkpoint/checkpoint-writer.js'
import { originPath, removeCheckpoint } from '../checkpoint/open-run.js'
import { combineObservers, type RunView } from '../observe/run-observer.js'
import { RunSampler } from '../observe/run-sampler.js'
import { configured, type RunContext } from '../operators/definition.js'
import { split, splitFor } from '../operators/split.js'
import { Preview } from '../preview/preview.js'
import { Run } from '../runtime/run.js'
import { Slots } from '../runtime/slots.js'
import { WorkerPool } from '../runtime/worker-pool.js'
import { settingsOf } from '../settings/configure.js'
import { valuesOf } from '../settings/setting.js'
import { seekFrames } from '../sources/sample-frames.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { FrameOrigin, TrackCounts } from '../types.js'
import { fitSurface, type SurfaceModel } from '../vision/surface/surface-model.js'
import type { JobContext, ResolvedRun, Summary } from './contract.js'
import { capacityFor } from './memory-budget.js'
import { interrupted, noPlayerFound } from './metadata.js'
import { openInput, sampledFrames } from './open-input.js'
import { openOutput, openSink } from './open-output.js'
import { publish } from './publish.js'

/** Makes the dataset of a run, or the missing part of it, and publishes it. */
export async function execute(
  resolved: ResolvedRun,
  storage: StorageFactory,
  context: JobContext,
): Promise<Summary> {
  const { info, identity, store, video, model, listed, earlier } = resolved
  const { config, graph, hooks } = context
  const capacity = capacityFor(config, info)
  // The worker threads start while the playing surface is learned.
  await using pool = new WorkerPool(capacity.workers)
  const runContext = await contextOf(resolved, context)
  const asked = valuesOf(split.settings, config)
  const fitted = splitFor(asked, runContext)
  if (fitted.valRatio !== asked.valRatio) {
    context.observer.warned('too few sampled frames for a gap between train and val: all crops go to train')
  }
  const { manifest, detections, resume } = await openOutput(resolved, fitted, context)
  const input = await openInput(resolved, config, resume)
  const source = input.frames
  const checkpoint = new CheckpointWriter(store, storage.window, resume, config.checkpointFrames)
  await using preview =
    config.preview && input.start !== 'crops' ? await Preview.in(store, info, source) : undefined

  let tracks: TrackCounts = resume.tracks ?? earlier?.tracks ?? { opened: 0, closed: 0, cuts: 0 }
  const observer = combineObservers([
    {
      frameTracked(frame) {
        tracks = frame.tracks
      },
    },
    context.observer,
    checkpoint,
    detections,
    ...(preview === undefined ? [] : [preview]),
  ])
  await using sink = openSink(resolved, storage, config, resume, manifest, observer)
  const run = new Run<FrameOrigin>(pool, new Slots(capacity.slots, source.frameBytes), {
    ...{ signal: hooks.signal, lenient: config.lenient, resume },
    listener: {
      ...observer,
      read: observer.frameRead,
      finished: observer.frameFinished,
    },
  })
  const view: RunView = {
    ...{ start: input.start, root: store.root, runGuid: resolved.runGuid, name: video.name, split: fitted },
    config: { ...config, ...asked },
    ...{ settings: settingsOf(graph.settings), identity, info, model, source, run, storage, sink },
    get tracks() {
      return tracks
    },
  }
  observer.started(view)
  const sampler = new RunSampler(view)

  const forget = () =>
    removeCheckpoint(store, [originPath, ...listed.map(({ path }) => path), ...checkpoint.paths])
  try {
    const images = graph.wire({ input, run, observer, ready: steps => configured(steps, config, runContext) })
    await run.into(sink, images, observer.imageWritten)
    if (hooks.signal?.aborted) throw interrupted(source, store, hooks.signal.reason)
    await sink.flush()
  } catch (error) {
    // Keep the finished frames. A failure here must not hide the original error.
    await checkpoint.flush().catch(() => {})
    if (run.finished === 0) await forget().catch(() => {})
    throw error
  }
  await checkpoint.end()
  if (sink.samples === 0) {
    await forget()
    throw noPlayerFound(video.name, run)
  }
  const summary = await publish({ resolved, context, view, sampler, manifest, detections, preview })
  await forget()
  return summary
}

/** Computes what the steps need to know about the video. */
async function contextOf(
  resolved: ResolvedRun,
  { config, hooks, observer }: JobContext,
): Promise<RunContext> {
  const { info, identity, model } = resolved
  // With a memory limit, one ffmpeg at a time: several of them would determine the peak.
  const samples = await seekFrames(info, config.grassSamples, hooks.signal, config.maxMemory && 1)
  const surface: SurfaceModel = fitSurface(samples, {
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
    ...{ model, surface, videoGuid: identity.videoGuid, durationSeconds: info.durationSeconds },
    intervalSeconds: sampledFrames(resolved, config).intervalSeconds,
    sparse: config.frames !== undefined,
  }
}
