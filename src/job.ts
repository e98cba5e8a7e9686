import { v4 } from 'uuid'
import { type Config, datasetOptions } from './config.js'
import { loadModel, type Model } from './detectors/model.js'
import { fitGrass, type GrassModel } from './grass/model.js'
import { Exposition } from './observe/exposition.js'
import { Metrics } from './observe/metrics.js'
import { type Onlooker, type RunView, together } from './observe/onlooker.js'
import { Pulse } from './observe/pulse.js'
import { type Tracker, track } from './operators/track.js'
import { type Plan, planFor } from './plan.js'
import { Preview } from './preview/preview.js'
import { printableJson } from './printable.js'
import { damageOf, interrupted, metadataOf, nobody, stepsOf } from './records.js'
import { Recorder } from './report/recorder.js'
import { reportPage } from './report/report.js'
import { Run } from './runtime/run.js'
import { Slots } from './runtime/slots.js'
import type { StepCount } from './runtime/tally.js'
import { WorkerPool } from './runtime/worker-pool.js'
import { DetectionsFile } from './sinks/detections.js'
import { FilesSink, type ImageSink } from './sinks/files.js'
import { Manifest } from './sinks/manifest.js'
import { ShardsSink, shardDefaults } from './sinks/shards.js'
import { findBinaries } from './sources/ffmpeg-binaries.js'
import { identify, type VideoIdentity } from './sources/identity.js'
import { probe, type VideoInfo } from './sources/probe.js'
import { seekFrames } from './sources/samples.js'
import { type VideoFrames, videoFrames } from './sources/video.js'
import { placeOfVideo } from './storage/gcs.js'
import { Places } from './storage/places.js'
import type { OperationCount, OperationKind } from './storage/requests.js'
import type { Store } from './storage/store.js'

/** What a caller may want of a run while it goes. */
export interface Hooks {
  /** Stops reading; what was read is brought to its end, and the run ends without a manifest. */
  readonly signal?: AbortSignal | undefined
  /** Called when it is known which video it is. */
  readonly onIdentified?: (identity: VideoIdentity) => void
  /** Called once, when the graph begins to run. */
  readonly onStart?: (view: RunView) => void
  /** Something that a person should know and that does not stop the run. */
  readonly onWarning?: (message: string) => void
  /** Where the metrics are served, when that was asked for. */
  readonly onMetrics?: (url: string) => void
}

/** A run that has been published. */
export interface Summary {
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
  readonly model: Model
  readonly grass: GrassModel
  readonly tracker: Tracker
  readonly detections: DetectionsFile
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
  const caller: Onlooker = { warned: onWarning, started: onStart }
  const onlooker = together([caller, metrics, ...(recorder === undefined ? [] : [recorder])])
  await using exposition = new Exposition(metrics, config, onlooker.warned)
  try {
    const port = await exposition.serve()
    if (port !== undefined) hooks.onMetrics?.(`http://localhost:${port}/metrics`)
    const summary = await openVideo(name, { config, hooks, onlooker, recorder, graph, began })
    metrics.ended()
    return summary
  } catch (error) {
    metrics.ended(error)
    throw error
  }
}

/** What a run is given, beside its video. */
interface Order {
  readonly config: Config
  readonly hooks: Hooks
  readonly onlooker: Required<Onlooker>
  readonly recorder: Recorder | undefined
  readonly graph: (job: Job) => Promise<void>
  readonly began: { readonly ms: number; readonly cpu: NodeJS.CpuUsage }
}

/** Fetches the video if it is in a bucket, and moves it when all is done. */
async function openVideo(name: string, order: Order): Promise<Summary> {
  const { config, hooks, onlooker } = order
  const deadlines = { stallMs: config.stallSeconds * 1000, deadlineMs: config.deadlineSeconds * 1000 }
  const places = new Places(config.out, config.gcsEndpoint, deadlines, onlooker.uploaded)
  const place = placeOfVideo(name, config.bucket, config.tenant)
  if (place === undefined) return runOn({ name, path: name, blobName: name }, places, order)
  const { RemoteVideo } = await import('./sources/remote-video.js')
  await using remote = await RemoteVideo.download(await places.client(), place, places.requests, hooks.signal)
  const video: LocalVideo = {
    name: `gs://${place.bucket}/${place.path}`,
    path: remote.path,
    blobName: place.path,
    published: async (store, videoGuid) => {
      if (config.import === 'none' || store.place === undefined) return
      const { bucket, path } = store.place
      await remote.import({ bucket, path: `${path}/${videoGuid}.mp4` }, config.import)
    },
  }
  // Awaited here: the download is removed when this returns.
  return await runOn(video, places, order)
}

/** A video that can be read from the disk of this machine. */
interface LocalVideo {
  /** As the user gave it. */
  readonly name: string
  readonly path: string
  /** As `metadata.json` says it. */
  readonly blobName: string
  /** Called when the dataset is complete. */
  readonly published?: (store: Store, videoGuid: string) => Promise<void>
}

async function runOn(
  source: LocalVideo,
  places: Places,
  { config, hooks: { signal, onIdentified }, onlooker, recorder, graph, began }: Order,
): Promise<Summary> {
  const { path } = source
  const { ffmpeg, ffprobe } = config
  const info = await probe(
    path,
    findBinaries({ ...(ffmpeg && { ffmpeg }), ...(ffprobe && { ffprobe }) }),
    signal,
  )
  // Its threads start while the video is looked at.
  await using pool = new WorkerPool(config.workers)
  const [model, identity, grass] = await allOrNone(signal, stop => [
    loadModel(config.model),
    identify(path, stop),
    learnGrass(info, config, stop),
  ])
  onIdentified?.(identity)
  if (!grass.found && (config.pitchFilter || config.backgroundRemoval)) {
    onlooker.warned(
      `no pitch was found (${grass.reason}): nobody is dropped as off the pitch, no background is removed`,
    )
  }
  const { fps, every, frames, lenient } = config
  const video = videoFrames(info, { fps, every, frames, lenient })
  const plan = planFor(config, info, video, identity.videoGuid)
  if (plan.split.valRatio !== config.valRatio) {
    onlooker.warned('too few frames are looked at to leave a gap between train and val: all of them train')
  }
  const tracker = track(plan.track)

  const slots = new Slots(config.slots ?? config.workers * 2 + 2, video.frameBytes)
  const run = new Run(pool, slots, { signal, onStep: onlooker.stepped })
  const { tenant, pipeline, runGuid = v4() } = config
  const { videoGuid } = identity
  const store = await places.open(tenant, 'user', 'process', pipeline, `run_${runGuid}`, `video_${videoGuid}`)
  try {
    const origin = { video_guid: videoGuid, sha256: identity.sha256 }
    const manifest = await Manifest.in(store, {
      video: { ...origin, file_size_bytes: info.sizeBytes },
      model: { name: model.name, sha256: model.sha256 },
      options: datasetOptions(config),
      // As fitted to the video.
      split: plan.split,
    })
    const detections = await DetectionsFile.in(store)
    await using preview = config.preview ? await Preview.in(store, info, video) : undefined
    const shards = { ...shardDefaults, bytes: config.shardMegabytes << 20, video: origin }
    await using sink =
      config.layout === 'files'
        ? new FilesSink(store, manifest, places.window)
        : new ShardsSink(store, manifest, places.window, shards)
    const view: RunView = {
      root: store.root,
      runGuid,
      name: source.name,
      ...{ config, plan, identity, info, model, video, run, tracker, places, sink },
    }
    onlooker.started(view)
    const pulse = new Pulse(view)

    await graph({ run, plan, video, model, grass, tracker, detections, preview, sink })

    await sink.flush()
    tracker.close()
    if (signal?.aborted) throw interrupted(video, store)
    if (sink.samples === 0) throw nobody(source.name, run)
    const damage = video.report.damaged ? damageOf(info, video) : undefined
    if (damage !== undefined) onlooker.warned(damage)
    const imageBytes = manifest.bytes
    const bottleneck = pulse.beat().bottleneck.advice
    await preview?.publish()
    const outcome = () => ({
      wallSeconds: (performance.now() - began.ms) / 1000,
      peakBytes: process.resourceUsage().maxRSS * 1024,
      bottleneck,
    })
    const notes = recorder?.finish()
    if (notes !== undefined) {
      const page = await store.grow('report.html')
      for await (const piece of reportPage(notes, outcome())) await page.append(piece)
      await page.publish()
    }
    await manifest.add(await detections.publish())
    await store.write(
      'metadata.json',
      Buffer.from(`${printableJson(JSON.stringify(metadataOf(info, identity, source), null, 2))}\n`),
    )
    const datasetSha256 = await manifest.publish({
      frames: video.report.framesRead,
      steps: stepsOf(run),
      // So far: the manifest itself and the move of the video come after it.
      ...(places.requests.counts.size > 0 && { storage: Object.fromEntries(places.requests.counts) }),
    })
    await source.published?.(store, videoGuid)
    const cpu = process.cpuUsage(began.cpu)
    return {
      root: store.root,
      images: sink.samples,
      imageBytes,
      datasetSha256,
      framesRead: video.report.framesRead,
      ...(damage !== undefined && { damage }),
      tracks: tracker.stats.opened,
      cuts: tracker.stats.cuts,
      steps: run.counts,
      storage: places.requests.counts,
      ...outcome(),
      cpuSeconds: (cpu.user + cpu.system) / 1e6 + video.report.cpuSeconds,
      ...(recorder !== undefined && { report: `${store.root}/report.html` }),
      ...(preview !== undefined && { preview: `${store.root}/preview.mp4` }),
    }
  } finally {
    await store.close()
  }
}

/** As Promise.all, but the first failure stops the others, and nothing of them runs on behind it. */
async function allOrNone<const T extends readonly Promise<unknown>[]>(
  signal: AbortSignal | undefined,
  start: (stop: AbortSignal) => T,
) {
  const failed = new AbortController()
  const started = start(signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]))
  try {
    return await Promise.all(started)
  } catch (error) {
    failed.abort(error)
    await Promise.allSettled(started)
    throw error
  }
}

async function learnGrass(
  info: VideoInfo,
  config: Config,
  signal: AbortSignal | undefined,
): Promise<GrassModel> {
  const samples = await seekFrames(info, config.grassSamples, signal)
  return fitGrass(samples, {
    topCropRatio: config.grassTop,
    bottomCropRatio: config.grassBottom,
    sensitivity: config.grassSensitivity,
  })
}
