import { InputError } from '../common/errors.js'
import { Exposition } from '../observe/exposition.js'
import { Metrics } from '../observe/metrics.js'
import { combineObservers, type RunObserver, type RunView } from '../observe/run-observer.js'
import type { Preview } from '../preview/preview.js'
import { Recorder } from '../report/recorder.js'
import type { Step } from '../runtime/operator.js'
import type { Run } from '../runtime/run.js'
import type { StepCount } from '../runtime/step-metrics.js'
import type { ImageSink } from '../sinks/files.js'
import type { VideoIdentity } from '../sources/identity.js'
import type { FrameSource, VideoFrames } from '../sources/video.js'
import { placeOfVideo } from '../storage/gcs.js'
import type { OperationCount, OperationKind } from '../storage/requests.js'
import { StorageFactory } from '../storage/storage-factory.js'
import type { DetectedFrame, Frame, StoredFrame, TrackedFrame } from '../types.js'
import type { Model } from '../vision/detectors/model.js'
import type { SurfaceModel } from '../vision/surface/surface-model.js'
import { finishedRunOf } from './completed-run.js'
import type { Config } from './config.js'
import type { LocalVideo, Order } from './execute.js'
import { waitingBytesFor } from './memory-budget.js'
import { MemoryGuard } from './memory-guard.js'
import type { Plan } from './operator-options.js'
import { workOn } from './resolve-run.js'

/** What a caller may want of a run while it goes. */
export interface Hooks {
  /** Stops reading; what was read is brought to its end, and the run ends without a manifest. */
  readonly signal?: AbortSignal | undefined
  /** Called when it is known which video and which run it is. */
  readonly onIdentified?: (identity: VideoIdentity & { readonly runGuid: string }) => void
  /** Called once, when the graph begins to run. */
  readonly onStart?: (view: RunView) => void
  /** Something that a person should know and that does not stop the run. */
  readonly onWarning?: (message: string) => void
  /** Where the metrics are served, when that was asked for. */
  readonly onMetrics?: (url: string) => void
}

/** A run that has been published. */
export interface Summary {
  /** Set when it had been before, so that there was nothing to do: then only its dataset's figures say something. */
  readonly alreadyComplete?: true
  /** Folder with the dataset. */
  readonly root: string
  readonly images: number
  readonly imageBytes: number
  readonly datasetSha256: string
  readonly framesRead: number
  /** Set for a damaged video that was read leniently: what of it was there, in a sentence. */
  readonly damage?: string
  readonly tracks: number
  readonly cuts: number
  /** By step, in the order of the graph. */
  readonly steps: ReadonlyMap<string, Readonly<StepCount>>
  /** Requests to the storage by kind; none for a run from disk to disk. */
  readonly storage: ReadonlyMap<OperationKind, Readonly<OperationCount>>
  readonly wallSeconds: number
  /** User and system time of this process and of ffmpeg. */
  readonly cpuSeconds: number
  /** The most resident memory that this process ever had. */
  readonly peakBytes: number
  /** The most that every ffmpeg at one time had beside it, looked at four times a second; 0 without /proc. */
  readonly ffmpegPeakBytes: number
  /** What bounded the run, and the setting that would help, in a sentence. */
  readonly bottleneck: string
  /** Where they are, when they were asked for. */
  readonly report?: string
  readonly preview?: string
}

/** Everything that the graph is piped together from. */
export interface Job {
  readonly run: Run
  readonly plan: Plan
  readonly video: VideoFrames
  /** What a run that begins with an earlier one's crops reads instead of the video. */
  readonly stored: FrameSource<StoredFrame> | undefined
  readonly model: Model
  readonly grass: SurfaceModel
  /** What has been found in a frame before. */
  known(frame: Frame): TrackedFrame | undefined
  readonly follow: Step<DetectedFrame, TrackedFrame>
  readonly detections: { write(frame: TrackedFrame): Promise<void> }
  /** Undefined when it was not asked for. */
  readonly preview: Preview | undefined
  readonly sink: ImageSink
}

/**
 * Prepares what a graph needs for one video, runs it, and publishes what it made: the manifest appears
 * last, and only when all went well. Whatever happens, no worker, ffmpeg or temporary file is left.
 * @param name path of a file, or where a video lies in a bucket
 */
export async function runJob(
  name: string,
  config: Config,
  hooks: Hooks,
  graph: (job: Job) => Promise<void>,
): Promise<Summary> {
  const began = { ms: performance.now(), cpu: process.cpuUsage() }
  const metrics = new Metrics()
  using recorder = config.report ? new Recorder() : undefined
  const { onWarning = () => {}, onStart = () => {} } = hooks
  const caller: RunObserver = { warned: onWarning, started: onStart }
  const onlooker = combineObservers([caller, metrics, ...(recorder === undefined ? [] : [recorder])])
  await using exposition = new Exposition(metrics, config, onlooker.warned)
  using guard = new MemoryGuard(config.maxMemory, hooks.signal)
  try {
    const port = await exposition.serve()
    if (port !== undefined) hooks.onMetrics?.(`http://localhost:${port}/metrics`)
    const summary = await openVideo(name, {
      ...{ config, onlooker, recorder, graph, began, guard },
      hooks: { ...hooks, signal: guard.signal },
    })
    metrics.ended()
    return summary
  } catch (error) {
    metrics.ended(error)
    throw error
  }
}

/** Fetches the video if it is in a bucket, and moves it when all is done. */
async function openVideo(name: string, order: Order): Promise<Summary> {
  const { config, hooks, onlooker } = order
  const deadlines = { stallMs: config.stallSeconds * 1000, deadlineMs: config.deadlineSeconds * 1000 }
  const { out, gcsEndpoint } = config
  const places = new StorageFactory(out, gcsEndpoint, deadlines, onlooker.uploaded, waitingBytesFor(config))
  const place = placeOfVideo(name, config.bucket, config.tenant)
  if (place === undefined) return workOn({ name, path: name, blobName: name }, places, order)
  const { RemoteVideo } = await import('../sources/remote-video.js')
  const download = RemoteVideo.download(await places.client(), place, places.requests, hooks.signal)
  const remote = await download.catch(async error => {
    // Moved to its dataset by an earlier process, perhaps.
    const finished = error instanceof InputError ? await finishedRunOf(place, places, order) : undefined
    if (finished === undefined) throw error
    return finished
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
  return await workOn(video, places, order)
}
