import { basename, join } from 'node:path'
import { v4 } from 'uuid'
import { type Config, datasetOptions } from './config.js'
import { loadModel, type Model } from './detectors/model.js'
import { CropstreamError, exitCode, InputError } from './errors.js'
import { fitGrass, type GrassModel } from './grass/model.js'
import { type Tracker, track } from './operators/track.js'
import { type Plan, planFor } from './plan.js'
import { Run } from './runtime/run.js'
import { Slots } from './runtime/slots.js'
import type { StepCount } from './runtime/tally.js'
import { WorkerPool } from './runtime/worker-pool.js'
import { DetectionsFile } from './sinks/detections.js'
import { LocalSink } from './sinks/local.js'
import { Manifest } from './sinks/manifest.js'
import { findBinaries } from './sources/ffmpeg-binaries.js'
import { identify, type VideoIdentity } from './sources/identity.js'
import { probe, type VideoInfo } from './sources/probe.js'
import { seekFrames } from './sources/samples.js'
import { type VideoFrames, videoFrames } from './sources/video.js'
import { Folder } from './storage/folder.js'

/** What a caller may want of a run while it goes. */
export interface Hooks {
  /** Stops reading; what was read is brought to its end, and the run ends without a manifest. */
  readonly signal?: AbortSignal | undefined
  /** Called once, when the graph begins to run. */
  readonly onStart?: (view: RunView) => void
  /** Something that a person should know and that does not stop the run. */
  readonly onWarning?: (message: string) => void
}

/** A running run, to be looked at as often as one likes. */
export interface RunView {
  readonly root: string
  readonly info: VideoInfo
  readonly framesExpected: number
  readonly framesDone: number
  readonly images: number
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
  /** User and system time of the ffmpeg processes. */
  readonly ffmpegCpuSeconds: number
  /** Frames that existed at once, at most. */
  readonly slotsUsed: number
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
  readonly sink: LocalSink
}

/**
 * Prepares what a graph needs for one video, runs it, and publishes what it made: the manifest appears
 * last, and only when all went well. Whatever happens, no worker, ffmpeg or temporary file is left.
 */
export async function runJob(
  path: string,
  config: Config,
  { signal, onStart, onWarning }: Hooks,
  graph: (job: Job) => Promise<void>,
): Promise<Summary> {
  const { ffmpeg, ffprobe } = config
  const info = await probe(
    path,
    findBinaries({ ...(ffmpeg && { ffmpeg }), ...(ffprobe && { ffprobe }) }),
    signal,
  )
  const [model, identity, grass] = await Promise.all([
    loadModel(config.model),
    identify(path, signal),
    learnGrass(info, config, signal),
  ])
  if (!grass.found && (config.pitchFilter || config.backgroundRemoval)) {
    onWarning?.(
      `no pitch was found (${grass.reason}): nobody is dropped as off the pitch, no background is removed`,
    )
  }
  const plan = planFor(config, info, identity.videoGuid)
  const tracker = track(plan.track)
  const video = videoFrames(info, plan.video)

  await using pool = new WorkerPool(config.workers)
  const run = new Run(pool, new Slots(config.slots ?? config.workers * 2 + 2, video.frameBytes), signal)
  const folder = await Folder.create(rootOf(config, identity))
  try {
    const manifest = await Manifest.in(folder, {
      video: { video_guid: identity.videoGuid, sha256: identity.sha256, file_size_bytes: info.sizeBytes },
      model: { name: model.name, sha256: model.sha256 },
      options: datasetOptions(config),
    })
    const detections = await DetectionsFile.in(folder)
    await using sink = new LocalSink(folder, manifest)
    onStart?.({
      root: folder.root,
      info,
      framesExpected: video.report.framesExpected,
      get framesDone() {
        return run.slots.returned
      },
      get images() {
        return manifest.objects
      },
    })

    await graph({ run, plan, video, model, grass, tracker, detections, sink })

    await sink.flush()
    if (signal?.aborted) throw interrupted(video, folder)
    if (manifest.objects === 0) throw nobody(path, run)
    const summary = { images: manifest.objects, imageBytes: manifest.bytes }
    await manifest.add(await detections.publish())
    await folder.write('metadata.json', `${JSON.stringify(metadataOf(info, identity), null, 2)}\n`)
    const datasetSha256 = await manifest.publish({ frames: video.report.framesRead, steps: stepsOf(run) })
    return {
      ...summary,
      root: folder.root,
      datasetSha256,
      framesRead: video.report.framesRead,
      ...(video.report.damaged && { damage: damageOf(info, video) }),
      tracks: tracker.stats.opened,
      cuts: tracker.stats.cuts,
      steps: run.counts,
      ffmpegCpuSeconds: video.report.cpuSeconds,
      slotsUsed: run.slots.highWater,
    }
  } catch (error) {
    await folder.abandon()
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

function rootOf({ out, tenant, pipeline, runGuid = v4() }: Config, { videoGuid }: VideoIdentity): string {
  return join(out, tenant, 'user', 'process', pipeline, `run_${runGuid}`, `video_${videoGuid}`)
}

/** Says when and from where, and is for that reason not listed in the manifest. */
function metadataOf(info: VideoInfo, { videoGuid }: VideoIdentity): Record<string, unknown> {
  return {
    video_guid: videoGuid,
    original_name: basename(info.path),
    original_blob_name: info.path,
    processed_name: `${videoGuid}.mp4`,
    width: info.width,
    height: info.height,
    fps: info.fps,
    frame_count: info.frameCount,
    duration_seconds: info.durationSeconds,
    file_size_bytes: info.sizeBytes,
    processed_at: new Date().toISOString(),
  }
}

/** Without the seconds: they differ from run to run. */
function stepsOf(run: Run): Record<string, unknown> {
  return Object.fromEntries(
    [...run.counts].map(([name, { itemsIn, itemsOut, dropped }]) => {
      const reasons = Object.entries(dropped).sort(([a], [b]) => (a < b ? -1 : 1))
      return [name, { in: itemsIn, out: itemsOut, dropped: Object.fromEntries(reasons) }]
    }),
  )
}

function damageOf({ frameCount, declaredFrames }: VideoInfo, { report }: VideoFrames): string {
  const { framesRead, framesExpected } = report
  return `the video is damaged: ${frameCount} of its ${declaredFrames} frames are there, of ${framesExpected} chosen ${framesRead} could be read`
}

function interrupted({ report }: VideoFrames, folder: Folder): CropstreamError {
  return new CropstreamError(
    exitCode.interrupted,
    `Interrupted after ${report.framesRead} of ${report.framesExpected} frames: the dataset in ${folder.root} is incomplete and has no manifest`,
  )
}

function nobody(path: string, run: Run): InputError {
  const dropped = [...run.counts.values()].flatMap(({ dropped }) => Object.entries(dropped))
  const why = dropped.length === 0 ? 'nothing was detected' : dropped.map(([r, n]) => `${n} ${r}`).join(', ')
  return new InputError(
    `No player was found in '${path}' (${why}); try a lower --confidence, a larger --input-size or --no-pitch-filter`,
  )
}
