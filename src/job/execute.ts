import { removeCheckpoint, tidyUp } from '../checkpoint/open-run.js'
import { RunSampler } from '../observe/run-sampler.js'
import { configured } from '../operators/definition.js'
import { deviceService } from '../operators/detect.js'
import { WorkerPool } from '../runtime/worker-pool.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import { DeviceThread } from '../vision/detectors/device-thread.js'
import { assemble } from './assemble.js'
import type { JobContext, ResolvedRun, Summary } from './contract.js'
import { detectorModules, lookIn } from './fit-detector.js'
import { decodeSamples, learnContext } from './learn-context.js'
import { type Capacity, capacityFor } from './memory-budget.js'
import { interrupted } from './metadata.js'
import { startReading } from './open-input.js'
import { publish } from './publish.js'
import { noPlayerFound } from './remedies.js'

/** Makes the dataset of a run, or the missing part of it, and publishes it. */
export async function execute(
  resolved: ResolvedRun,
  storage: StorageFactory,
  context: JobContext,
): Promise<Summary> {
  const { store, video, device, model } = resolved
  const { config, graph, hooks } = context
  const capacity = capacityFor(config, resolved.info, model)
  const steps = graph.steps[config.from]
  const modules = [...steps.flatMap(({ module = [] }) => module), ...detectorModules]
  await Promise.all(steps.map(step => step.prepare?.(config)))
  await using thread = device.name === 'cpu' ? undefined : await DeviceThread.open(model, device.name)
  const services = thread && { [deviceService]: thread.serve }
  // The worker threads start while the video is looked at.
  await using pool = new WorkerPool(capacity.workers, { modules, services })
  const { ahead, runContext } = await learn(resolved, context, capacity, pool)
  await using _ahead = ahead
  hooks.signal?.throwIfAborted()
  await using parts = await assemble(resolved, storage, context, runContext, pool, capacity, ahead)
  const { input, run, sink, observer, checkpoint, view } = parts
  observer.started(view)
  const sampler = new RunSampler(view)
  const forget = () => removeCheckpoint(store, parts.checkpointPaths())
  try {
    const images = graph.wire({ input, run, observer, ready: steps => configured(steps, config, runContext) })
    await run.into(sink, images, observer.imageWritten)
    if (hooks.signal?.aborted) throw interrupted(input.frames, store, hooks.signal.reason, config.checkpoints)
    await sink.flush()
  } catch (error) {
    // Keep the finished frames. A failure here must not hide the original error.
    await checkpoint?.flush().catch(() => {})
    if (run.finished === 0) await forget().catch(() => {})
    throw error
  }
  await checkpoint?.end()
  if (sink.samples === 0) {
    await forget()
    throw noPlayerFound(video.name, run, config)
  }
  parts.closeTracks()
  const summary = await publish({ resolved, context, sampler, ...parts })
  await tidyUp(store, observer.warned, parts.checkpointPaths())
  return summary
}

/** Learns about the video from sample frames, which are freed then, and starts to read it. */
async function learn(resolved: ResolvedRun, context: JobContext, capacity: Capacity, pool: WorkerPool) {
  const { model, device, earlier } = resolved
  const { config } = context
  const onDevice = device.name !== 'cpu'
  await using looks = earlier === undefined ? lookIn(pool, { model, config, onDevice }) : undefined
  const look = looks?.look
  const samples = await decodeSamples(resolved, context, look)
  const ahead = startReading(resolved, context, capacity)
  try {
    return { ahead, runContext: await learnContext(resolved, context, samples, look, pool) }
  } catch (error) {
    await ahead?.[Symbol.asyncDispose]()
    throw error
  }
}
