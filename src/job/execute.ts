import { CheckpointWriter } from '../checkpoint/checkpoint-writer.js'
import { forget, originPath } from '../checkpoint/open-run.js'
import { readResumeState } from '../checkpoint/resume-state.js'
import { printableJson } from '../common/printable.js'
import type { RunObserver, RunView } from '../observe/run-observer.js'
import { RunSampler } from '../observe/run-sampler.js'
import { track } from '../operators/track.js'
import { Preview } from '../preview/preview.js'
import type { Recorder } from '../report/recorder.js'
import { reportPage } from '../report/report.js'
import { Run } from '../runtime/run.js'
import { Slots } from '../runtime/slots.js'
import { WorkerPool } from '../runtime/worker-pool.js'
import { DetectionsFile } from '../sinks/detections.js'
import { FilesSink, type RecordObject } from '../sinks/files.js'
import { Manifest } from '../sinks/manifest.js'
import { ShardsSink, shardDefaults } from '../sinks/shards.js'
import type { EarlierRun } from '../sources/earlier-run.js'
import type { VideoIdentity } from '../sources/identity.js'
import type { VideoInfo } from '../sources/probe.js'
import { seekFrames } from '../sources/sample-frames.js'
import { storedCrops } from '../sources/stored-crops.js'
import { type FrameSource, videoFrames } from '../sources/video.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { ListedObject, SharedStore, Store } from '../storage/store.js'
import type { Model } from '../vision/detectors/model.js'
import { fitSurface, type SurfaceModel } from '../vision/surface/surface-model.js'
import type { Config } from './config.js'
import type { Hooks, Job, Summary } from './job.js'
import { capacityFor } from './memory-budget.js'
import type { MemoryGuard } from './memory-guard.js'
import { damageOf, interrupted, metadataOf, nobody, stepsOf } from './metadata.js'
import { planFor } from './operator-options.js'

/** What a run is given, beside its video. */
export interface Order {
  readonly config: Config
  readonly hooks: Hooks
  readonly onlooker: Required<RunObserver>
  readonly recorder: Recorder | undefined
  readonly graph: (job: Job) => Promise<void>
  readonly began: { readonly ms: number; readonly cpu: NodeJS.CpuUsage }
  readonly guard: MemoryGuard
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

/** A run to work on, alone. */
interface Prepared {
  readonly source: LocalVideo
  readonly info: VideoInfo
  readonly identity: VideoIdentity
  readonly model: Model
  readonly store: SharedStore
  /** As the manifest begins. */
  readonly origin: Readonly<Record<string, unknown>>
  readonly runGuid: string
  /** What earlier processes have left of it. */
  readonly listed: readonly ListedObject[]
  readonly earlier: EarlierRun | undefined
}

/** Makes the dataset, or what of it is missing, and publishes it. */
export async function makeDataset(
  prepared: Prepared,
  places: StorageFactory,
  order: Order,
): Promise<Summary> {
  const { source, info, identity, model, store, origin, runGuid, listed, earlier } = prepared
  const { config, hooks, onlooker, recorder, graph, began, guard } = order
  const { signal } = hooks
  const { videoGuid } = identity
  const { fps, every, frames, lenient } = config
  const capacity = capacityFor(config, info)
  // Its threads start while the video is looked at.
  await using pool = new WorkerPool(capacity.workers)
  const grass = await learnGrass(info, config, signal)
  if (!grass.found && (config.pitchFilter || config.backgroundRemoval)) {
    onlooker.warned(
      `no pitch was found (${grass.reason}): nobody is dropped as off the pitch, no background is removed`,
    )
  }
  const whole = videoFrames(info, { fps, every, frames, lenient })
  const plan = planFor(config, info, whole, videoGuid)
  if (plan.split.valRatio !== config.valRatio) {
    onlooker.warned('too few frames are looked at to leave a gap between train and val: all of them train')
  }

  const manifest = await Manifest.in(store, { ...origin, split: plan.split })
  const findings = await DetectionsFile.in(store)
  const startsWithCrops = earlier !== undefined && config.from === 'crops'
  if (startsWithCrops) {
    for (const index of earlier.frames.keys()) await findings.write(index, foundIn(earlier, index) ?? [])
  }
  const past = await readResumeState(store, listed, async ({ frames, objects }) => {
    if (!startsWithCrops) {
      for (const { index, detections } of frames) await findings.write(index, detections)
    }
    for (const object of objects) await manifest.add(object)
  })
  if (past.frames > 0) {
    const lost = [config.report && 'report', config.preview && 'preview'].filter(Boolean).join(' and ')
    const shown = lost === '' ? '' : `; the ${lost} will show only what comes now`
    onlooker.warned(`${past.frames} frames were done before: going on at frame ${past.next}${shown}`)
  }
  // They tell of a moment, not of the video: what an earlier process made of them is made anew.
  const momentary = ['metadata.json', 'report.html', 'preview.mp4']
  for (const { path } of listed) if (momentary.includes(path)) await store.remove(path)

  const before = { from: past.from, framesRead: past.frames - past.again.size }
  const video = videoFrames(info, { fps, every, frames, lenient, past: before })
  const stored = startsWithCrops ? await storedCrops(earlier, info, video, before) : undefined
  const read: FrameSource<unknown> = stored ?? video
  const journal = new CheckpointWriter(store, places.window, past, config.checkpointFrames)
  // Who begins with detections follows nobody.
  const tracker = track(plan.track, earlier ? { opened: earlier.tracks, cuts: 0 } : past.tracker)
  const slots = new Slots(capacity.slots, read.frameBytes)
  const run = new Run(pool, slots, {
    ...{ signal, past, lenient },
    onWarning: onlooker.warned,
    onStep: (...step) => {
      journal.stepped(...step)
      onlooker.stepped(...step)
    },
    onDone: index => journal.done(index),
  })
  const enlist: RecordObject = (object, frameIndex) => {
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
    ...{ config, plan, identity, info, model, video: read, run, tracker, places, sink },
  }
  onlooker.started(view)
  const pulse = new RunSampler(view)

  const forgetAll = () => forget(store, [originPath, ...listed.map(({ path }) => path), ...journal.paths])

  try {
    await graph({
      ...{ run, plan, video, stored, model, grass, preview, sink },
      follow: journal.following(tracker),
      known: frame => {
        const detections = past.again.get(frame.index) ?? foundIn(earlier, frame.index)
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
    if (signal?.aborted) throw interrupted(read, store, signal.reason)
    await sink.flush()
  } catch (error) {
    // As much as is done is kept; why there is no more is what a user should hear of.
    await journal.flush().catch(() => {})
    if (run.done === 0) await forgetAll().catch(() => {})
    throw error
  }
  await journal.end()
  if (sink.samples === 0) {
    await forgetAll()
    throw nobody(source.name, run)
  }
  tracker.close()
  const damage = read.report.damaged ? damageOf(info, read) : undefined
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
    const page = await store.createStream('report.html')
    for await (const piece of reportPage(notes, outcome())) await page.append(piece)
    await page.publish()
  }
  await manifest.add(await findings.publish())
  const metadata = metadataOf(info, identity, source, places.requests.counts)
  await store.write('metadata.json', Buffer.from(`${printableJson(JSON.stringify(metadata, null, 2))}\n`))
  const datasetSha256 = await manifest.publish({
    frames: read.report.framesRead,
    tracks: tracker.stats.opened,
    cuts: tracker.stats.cuts,
    images: sink.samples,
    steps: stepsOf(run, config.from),
  })
  await source.published?.(store, videoGuid)
  await forgetAll()
  const cpu = process.cpuUsage(began.cpu)
  return {
    root: store.root,
    images: sink.samples,
    imageBytes,
    datasetSha256,
    framesRead: read.report.framesRead,
    ...(damage !== undefined && { damage }),
    tracks: tracker.stats.opened,
    cuts: tracker.stats.cuts,
    steps: run.counts,
    storage: places.requests.counts,
    ...outcome(),
    ffmpegPeakBytes: guard.ffmpegPeakBytes,
    cpuSeconds: (cpu.user + cpu.system) / 1e6 + read.report.cpuSeconds,
    ...(recorder !== undefined && { report: `${store.root}/report.html` }),
    ...(preview !== undefined && { preview: `${store.root}/preview.mp4` }),
  }
}

/** Those of a frame's players who were followed. */
const foundIn = (earlier: EarlierRun | undefined, index: number) =>
  earlier?.frames.get(index)?.filter(detection => detection !== undefined)

async function learnGrass(
  info: VideoInfo,
  config: Config,
  signal: AbortSignal | undefined,
): Promise<SurfaceModel> {
  // With the workers not at work yet, one ffmpeg more or less is what counts.
  const samples = await seekFrames(info, config.grassSamples, signal, config.maxMemory && 1)
  return fitSurface(samples, {
    topCropRatio: config.grassTop,
    bottomCropRatio: config.grassBottom,
    sensitivity: config.grassSensitivity,
  })
}
