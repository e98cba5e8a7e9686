import { CropstreamError, InputError } from '../common/errors.js'
import { printable } from '../common/printable.js'
import { combineObservers } from '../observe/run-observer.js'
import { placeOfVideo } from '../storage/gcs.js'
import { StorageFactory } from '../storage/storage-factory.js'
import { completedRunOf } from './completed-run.js'
import type { Graph, Hooks, JobContext, LocalVideo, Summary } from './contract.js'
import { waitingBytesFor } from './memory-budget.js'
import { MemoryGuard } from './memory-guard.js'
import { makeDataset } from './resolve-run.js'
import type { RunConfig } from './settings.js'

/**
 * Makes the dataset of one video with a graph and publishes it: the manifest appears last, and only on success. No
 * worker, ffmpeg process or temporary file is left in any case.
 * @param name path of a file, or a video in a bucket
 */
export async function runJob(name: string, config: RunConfig, hooks: Hooks, graph: Graph): Promise<Summary> {
  const began = { ms: performance.now(), cpu: process.cpuUsage() }
  // Imported where asked for, as the preview: their libraries take time to load, and memory.
  const exposed = isExposed(config) ? await import('../observe/exposition.js') : undefined
  const metrics = exposed && new exposed.Metrics()
  using recorder = config.report ? new (await import('../report/recorder.js')).Recorder() : undefined
  const { onWarning = () => {}, onStart = () => {} } = hooks
  const caller = { warned: onWarning, started: onStart }
  const observer = combineObservers([caller, metrics, recorder].filter(one => one !== undefined))
  await using exposition = metrics && new exposed.Exposition(metrics, config, observer.warned)
  using guard = new MemoryGuard(config.maxMemory, hooks.signal)
  try {
    const port = await exposition?.serve()
    if (port !== undefined) hooks.onMetrics?.(`http://localhost:${port}/metrics`)
    const summary = await openVideo(name, {
      ...{ config, graph, observer, recorder, guard, began },
      hooks: { ...hooks, signal: guard.signal },
    })
    metrics?.ended()
    return summary
  } catch (error) {
    metrics?.ended(error)
    throw error
  }
}

const isExposed = ({ metricsPort, pushgateway, metricsTextfile }: RunConfig): boolean =>
  metricsPort !== undefined || pushgateway !== undefined || metricsTextfile !== undefined

/** Downloads the video if it is in a bucket, and imports it when its dataset is complete. */
async function openVideo(name: string, context: JobContext): Promise<Summary> {
  const { config, hooks, observer } = context
  const deadlines = { stallMs: config.stallSeconds * 1000, deadlineMs: config.deadlineSeconds * 1000 }
  const { out, gcsEndpoint: endpoint, billingProject } = config
  const access = { endpoint, billingProject }
  const storage = new StorageFactory(out, access, deadlines, observer.uploaded, waitingBytesFor(config))
  const place = placeOfVideo(name, config.bucket, config.tenant)
  if (place === undefined) return makeDataset({ name, path: name, blobName: name }, storage, context)
  const { RemoteVideo } = await import('../sources/remote-video.js')
  const download = RemoteVideo.download(await storage.client(), place, storage.requests, hooks.signal)
  const remote = await download.catch(async error => {
    // An earlier process may have moved the video to its dataset.
    const completed = error instanceof InputError ? await completedRunOf(place, storage, context) : undefined
    if (completed === undefined) throw error
    return completed
  })
  if (!(remote instanceof RemoteVideo)) return remote
  await using _downloaded = remote
  const video: LocalVideo = {
    name: `gs://${place.bucket}/${place.path}`,
    path: remote.path,
    blobName: place.path,
    published: async ({ place: target }, videoGuid) => {
      if (config.import === 'none' || target === undefined) return
      const { bucket, path } = target
      await remote.import({ bucket, path: `${path}/${videoGuid}.mp4` }, config.import)
    },
  }
  // Awaited here: the download is removed when this returns.
  return await makeDataset(video, storage, context).catch(error => {
    throw withName(error, remote.path, video.name)
  })
}

/** A person knows the object in the bucket, not the temporary file. */
function withName(error: unknown, path: string, name: string): unknown {
  if (error instanceof CropstreamError) error.message = error.message.replaceAll(path, printable(name))
  return error
}
