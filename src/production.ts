import { v4 } from 'uuid'
import type { Claim } from './checkpoint/claim.js'
import { Journal } from './checkpoint/journal.js'
import { forget, openRun } from './checkpoint/open.js'
import { checkpointFolder } from './checkpoint/part.js'
import type { Past } from './checkpoint/past.js'
import { type Config, datasetOptions } from './config.js'
import { loadModel, type Model } from './detectors/model.js'
import { UsageError } from './errors.js'
import { summaryOf } from './finished.js'
import { fitGrass, type GrassModel } from './grass/model.js'
import type { Hooks, Job, Summary } from './job.js'
import type { Onlooker, RunView } from './observe/onlooker.js'
import { Pulse } from './observe/pulse.js'
import { track } from './operators/track.js'
import { planFor } from './plan.js'
import { Preview } from './preview/preview.js'
import { damageOf, interrupted, metadataOf, nobody, stepsOf } from './records.js'
import type { Recorder } from './report/recorder.js'
import { reportPage } from './report/report.js'
import { Run } from './runtime/run.js'
import { Slots } from './runtime/slots.js'
import { WorkerPool } from './runtime/worker-pool.js'
import { DetectionsFile } from './sinks/detections.js'
import { type Enlist, FilesSink } from './sinks/files.js'
import { Manifest } from './sinks/manifest.js'
import { ShardsSink, shardDefaults } from './sinks/shards.js'
import { findBinaries } from './sources/ffmpeg-binaries.js'
import { identify, type VideoIdentity } from './sources/identity.js'
import { probe, type VideoInfo } from './sources/probe.js'
import { seekFrames } from './sources/samples.js'
import { videoFrames } from './sources/video.js'
import type { Places } from './storage/places.js'
import type { SharedStore, Store } from './storage/store.js'
import { version } from './version.js'

/** What a run is given, beside its video. */
export interface Order {
  readonly config: Config
  readonly hooks: Hooks
  readonly onlooker: Required<Onlooker>
  readonly recorder: Recorder | undefined
  readonly graph: (job: Job) => Promise<void>
  readonly began: { readonly ms: number; readonly cpu: NodeJS.CpuUsage }
}

/** A video that can be read from the disk of this machine. */
export interface LocalVideo {
  /** As the user gave it. */
  readonly name: string
  readonly path: string
  /** As `metadata.json` says it. */
  readonly blobName: string
  /** Called when the dataset is complete. */
  readonly published?: (store: Store, videoGuid: string) => Promise<void>
}

/** Finds out what is to be done for a video, and does it, unless it is done. */
export async function produce(source: LocalVideo, places: Places, order: Order): Promise<Summary> {
  const { config, hooks, onlooker } = order
  const { ffmpeg, ffprobe } = config
  const binaries = findBinaries({ ...(ffmpeg && { ffmpeg }), ...(ffprobe && { ffprobe }) })
  const info = await probe(source.path, binaries, hooks.signal)
  // Its threads start while the video is looked at.
  await using pool = new WorkerPool(config.workers)
  const [model, identity, grass] = await allOrNone(hooks.signal, stop => [
    loadModel(config.model),
    identify(source.path, stop),
    learnGrass(info, config, stop),
  ])
  if (!grass.found && (config.pitchFilter || config.backgroundRemoval)) {
    onlooker.warned(
      `no pitch was found (${grass.reason}): nobody is dropped as off the pitch, no background is removed`,
    )
  }
  const { videoGuid, sha256 } = identity
  const runGuid = await chooseRun(places, config, videoGuid, onlooker.warned)
  hooks.onIdentified?.({ ...identity, runGuid })
  const { tenant, pipeline } = config
  const store = await places.open(tenant, 'user', 'process', pipeline, `run_${runGuid}`, `video_${videoGuid}`)
  try {
    const origin = {
      video: { video_guid: videoGuid, sha256, file_size_bytes: info.sizeBytes },
      model: { name: model.name, sha256: model.sha256 },
      options: datasetOptions(config),
    }
    const opened = await openRun(store, origin, version)
    if (opened.complete !== undefined) {
      await source.published?.(store, videoGuid)
      await forget(store) // killed between the manifest and this
      return summaryOf(store, opened.complete, order)
    }
    await using claim = opened.claim
    const { past } = opened
    const looked = { source, info, identity, model, grass, pool, store, origin, runGuid, past, claim }
    return await make(looked, places, order)
  } finally {
    await store.close()
  }
}

/** All that was found out before the graph begins. */
interface Looked {
  readonly source: LocalVideo
  readonly info: VideoInfo
  readonly identity: VideoIdentity
  readonly model: Model
  readonly grass: GrassModel
  readonly pool: WorkerPool
  readonly store: SharedStore
  readonly origin: Readonly<Record<string, unknown>>
  readonly runGuid: string
  readonly past: Past
  readonly claim: Claim
}

/** Makes the dataset, or what of it is missing, and publishes it. */
async function make(looked: Looked, places: Places, order: Order): Promise<Summary> {
  const { source, info, identity, model, grass, pool, store, origin, runGuid, past, claim } = looked
  const { config, hooks, onlooker, recorder, graph, began } = order
  const { signal } = hooks
  const { videoGuid } = identity
  const { fps, every, frames, lenient } = config
  const video = videoFrames(info, {
    ...{ fps, every, frames, lenient },
    past: { from: past.from, framesRead: past.frames.filter(({ index }) => index < past.from).length },
  })
  const plan = planFor(config, info, video, videoGuid)
  if (plan.split.valRatio !== config.valRatio) {
    onlooker.warned('too few frames are looked at to leave a gap between train and val: all of them train')
  }
  if (past.frames.length > 0) {
    const lost = [config.report && 'report', config.preview && 'preview'].filter(Boolean).join(' and ')
    const shown = lost === '' ? '' : `; the ${lost} will show only what comes now`
    onlooker.warned(`${past.frames.length} frames were done before: going on at frame ${past.next}${shown}`)
  }

  const manifest = await Manifest.in(store, { ...origin, split: plan.split })
  const findings = await DetectionsFile.in(store)
  for (const { index, detections } of past.frames) await findings.write(index, detections)
  for (const object of past.objects) await manifest.add(object)
  // They tell of a moment, not of the video: what an earlier process made of them is made anew.
  for (const path of ['metadata.json', 'report.html', 'preview.mp4']) {
    if (past.has(path)) await store.remove(path)
  }

  const journal = new Journal(store, places.window, past, config.checkpointFrames)
  const tracker = track(plan.track, past.tracker)
  const slots = new Slots(config.slots ?? config.workers * 2 + 2, video.frameBytes)
  const run = new Run(pool, slots, {
    signal,
    past,
    onStep: (...step) => {
      journal.stepped(...step)
      onlooker.stepped(...step)
    },
    onDone: index => journal.done(index),
  })
  const enlist: Enlist = (object, frameIndex) => {
    journal.made(object, frameIndex)
    return manifest.add(object)
  }
  const { videoGuid: video_guid, sha256 } = identity
  const shards = { ...shardDefaults, bytes: config.shardMegabytes << 20, video: { video_guid, sha256 } }
  await using preview = config.preview ? await Preview.in(store, info, video) : undefined
  await using sink =
    config.layout === 'files'
      ? new FilesSink(store, enlist, places.window, past.samples)
      : new ShardsSink(store, enlist, places.window, shards, shard => journal.begun(shard), past)
  const view: RunView = {
    ...{ root: store.root, runGuid, name: source.name },
    ...{ config, plan, identity, info, model, video, run, tracker, places, sink },
  }
  onlooker.started(view)
  const pulse = new Pulse(view)

  try {
    await graph({
      ...{ run, plan, video, model, grass, preview, sink },
      follow: journal.following(tracker),
      known: frame => {
        const detections = past.found(frame.index)
        return detections && { frame, detections }
      },
      detections: {
        async write(tracked) {
          if (tracked.frame.index < past.next) return
          await journal.found(tracked)
          await findings.write(tracked.frame.index, tracked.detections)
        },
      },
    })
    if (signal?.aborted) throw interrupted(video, store)
    await sink.flush()
  } catch (error) {
    // As much as is done is kept; why there is no more is what a user should hear of.
    await journal.flush().catch(() => {})
    if (run.done === 0) await forget(store, claim).catch(() => {})
    throw error
  }
  await journal.end()
  if (sink.samples === 0) {
    await forget(store, claim)
    throw nobody(source.name, run)
  }
  tracker.close()
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
  await manifest.add(await findings.publish())
  await store.write(
    'metadata.json',
    Buffer.from(`${JSON.stringify(metadataOf(info, identity, source, places.requests.counts), null, 2)}\n`),
  )
  const datasetSha256 = await manifest.publish({
    frames: video.report.framesRead,
    tracks: tracker.stats.opened,
    cuts: tracker.stats.cuts,
    images: sink.samples,
    steps: stepsOf(run),
  })
  await source.published?.(store, videoGuid)
  await forget(store, claim)
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
}

/** The run that was asked for, the last one of this video that is not complete, or a new one. */
async function chooseRun(
  places: Places,
  { resume, runGuid, tenant, pipeline }: Config,
  videoGuid: string,
  warn: (message: string) => void,
): Promise<string> {
  if (!resume) return runGuid ?? v4()
  const begun = await places.having(
    [tenant, 'user', 'process', pipeline],
    ['run_', `video_${videoGuid}`],
    checkpointFolder,
  )
  const runs = begun.sort((a, b) => a.changedMs - b.changedMs).map(({ path }) => runOf(path))
  if (runGuid !== undefined) {
    if (runs.includes(runGuid)) return runGuid
    throw new UsageError(
      `There is no unfinished run ${runGuid} of this video to resume; without --resume it is begun`,
    )
  }
  const last = runs.at(-1)
  if (last === undefined) warn('there is no unfinished run of this video to resume: a new one begins')
  return last ?? v4()
}

/** Of `run_GUID/video_GUID`. */
const runOf = (path: string): string => path.slice('run_'.length, path.indexOf('/'))

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
