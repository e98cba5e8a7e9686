import { v4 } from 'uuid'
import { checkpointFolder } from '../checkpoint/checkpoint-segment.js'
import { openRun, recordedOptions, tidyUp } from '../checkpoint/open-run.js'
import { anySignal } from '../common/any-signal.js'
import { UsageError } from '../common/errors.js'
import { version } from '../common/version.js'
import { readReview } from '../review/read-review.js'
import { type EarlierRun, readEarlierRun, refuseSampling } from '../sources/earlier-run.js'
import { bundledWarning, findBinaries } from '../sources/ffmpeg-binaries.js'
import { prepareReading } from '../sources/ffmpeg-reading.js'
import { withHardware } from '../sources/hwaccel.js'
import { identify, type VideoIdentity } from '../sources/identity.js'
import { probe, type VideoInfo } from '../sources/probe.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import { deviceIn } from '../vision/detectors/device.js'
import { chooseDevice } from './choose-device.js'
import { summaryOf } from './completed-run.js'
import type { JobContext, LocalVideo, Summary } from './contract.js'
import { effectiveOptions, idleOptionsWarning, modelFields, modelFor } from './effective-options.js'
import { execute } from './execute.js'
import type { RunConfig } from './settings.js'

/** Resolves which run a video belongs to and executes it, unless it is complete. */
export async function makeDataset(
  video: LocalVideo,
  storage: StorageFactory,
  context: JobContext,
): Promise<Summary> {
  const { hooks, observer, graph } = context
  refuseImpossible(context.config)
  const idle = idleOptionsWarning(graph, context.config)
  if (idle !== undefined) observer.warned(idle)
  const { ffmpeg, ffprobe, videoStream, hwaccel } = context.config
  const binaries = findBinaries({ ...(ffmpeg && { ffmpeg }), ...(ffprobe && { ffprobe }) })
  prepareReading(binaries)
  const [probed, usualModel, identity] = await allOrNone(hooks.signal, stop => [
    probe(video.path, binaries, { videoStream, signal: stop }),
    modelFor(context.config),
    identify(video.path, stop),
  ])
  for (const note of probed.notes) observer.warned(note)
  const info = await withHardware(probed, hwaccel, observer.warned, hooks.signal)
  const { videoGuid, sha256 } = identity
  const earlier = await earlierRun(storage, context.config, info, identity)
  const { dropped_in_review = 0, double = 0 } = earlier?.review?.dropped ?? {}
  if (dropped_in_review + double > 0) {
    observer.warned(
      `the review leaves out ${dropped_in_review} boxes of dropped people (dropped_in_review) and ${double} of people who are in a frame twice (double)`,
    )
  }
  if (earlier === undefined) {
    for (const note of usualModel.notes) observer.warned(`${usualModel.name}: ${note}`)
    const { width, height } = usualModel.input
    if (width !== undefined && typeof context.config.inputSize === 'number')
      observer.warned(
        `no effect: --input-size, as the model fixes its input to ${width}x${height}; see --tiles`,
      )
  }
  const asked = { ...context.config, ...earlier?.sampling }
  const runGuid = await chooseRun(storage, asked, videoGuid, observer.warned)
  hooks.onIdentified?.({ ...identity, runGuid })
  const store = await storage.open(...runsOf(asked), `run_${runGuid}`, `video_${videoGuid}`)
  try {
    const mayBeKnown = asked.resume || asked.runGuid !== undefined
    const recorded = async () => (mayBeKnown ? deviceIn(await recordedOptions(store)) : undefined)
    const device = await chooseDevice(asked, usualModel, recorded, observer.warned)
    const { model } = device
    const config = { ...asked, device: device.name }
    const origin = {
      video: { video_guid: videoGuid, sha256, file_size_bytes: info.sizeBytes },
      model: earlier === undefined ? modelFields(model) : earlier.model,
      options: effectiveOptions(graph, config, model),
      ...(earlier !== undefined && { earlier: earlierFields(earlier) }),
    }
    const opened = await openRun(store, { ...origin, version }, config.checkpoints)
    if (opened.complete !== undefined) {
      await video.published?.(store, videoGuid)
      if (config.checkpoints) await tidyUp(store, observer.warned)
      return summaryOf(store, opened.complete, context)
    }
    await using _lease = opened.lease
    // Not earlier: a log collector needs the ids of the run on each line, and a failure is one line.
    const bundled = await bundledWarning(binaries)
    if (bundled !== undefined) observer.warned(bundled)
    const { listed } = opened
    const resolved = { video, info, identity, model, device, store, origin, runGuid, listed, earlier }
    return await execute(resolved, storage, { ...context, config })
  } finally {
    await store.close()
  }
}

/** @throws UsageError for options that the start of the run cannot support. */
function refuseImpossible({ from, earlier, review, preview }: RunConfig): void {
  if (from === 'crops' && preview) {
    throw new UsageError('--preview needs the frames of the video, and --from crops reads none')
  }
  if (from === 'video' && earlier !== undefined) {
    throw new UsageError('--earlier needs --from detections or --from crops')
  }
  if (from === 'video' && review !== undefined) {
    throw new UsageError(
      '--review needs --from detections or --from crops: it is of the tracks of an earlier run',
    )
  }
}

const earlierFields = ({ sha256, review }: EarlierRun) => ({
  detections_sha256: sha256,
  ...(review !== undefined && { review: { sha256: review.sha256, dropped: review.dropped } }),
})

/** Path of the runs of a pipeline below `--out`. */
const runsOf = ({ tenant, pipeline }: RunConfig) => [tenant, 'user', 'process', pipeline] as const

/** The run of `--run-guid`, the last one of this video that is not complete, or a new one. */
async function chooseRun(
  storage: StorageFactory,
  config: RunConfig,
  videoGuid: string,
  warn: (message: string) => void,
): Promise<string> {
  const { resume, runGuid } = config
  if (!resume) return runGuid ?? v4()
  const begun = await storage.findRuns(runsOf(config), ['run_', `video_${videoGuid}`], checkpointFolder)
  if (runGuid !== undefined) {
    if (begun.some(({ path }) => runGuidOf(path) === runGuid)) return runGuid
    throw new UsageError(
      `There is no unfinished run ${runGuid} of this video to resume; leave out --resume to start it`,
    )
  }
  const last = latest(begun)
  if (last === undefined) warn('there is no unfinished run of this video to resume: a new one is started')
  return last === undefined ? v4() : runGuidOf(last.path)
}

/** The run that this one starts from; undefined when it starts from the video. */
async function earlierRun(
  storage: StorageFactory,
  config: RunConfig,
  info: VideoInfo,
  { videoGuid, sha256 }: VideoIdentity,
): Promise<EarlierRun | undefined> {
  if (config.from === 'video') return undefined
  refuseSampling(config)
  const review = config.review === undefined ? undefined : await readReview(config.review, storage)
  if (config.earlier !== undefined)
    return readEarlierRun(await storage.at(config.earlier, '--earlier'), info, sha256, review)
  const last = latest(await storage.findRuns(runsOf(config), ['run_', `video_${videoGuid}`], 'manifest.json'))
  if (last === undefined) {
    throw new UsageError('There is no complete run of this video to start from; name one with --earlier')
  }
  const root = [config.out, ...runsOf(config), last.path].join('/')
  return readEarlierRun(await storage.at(root, '--earlier'), info, sha256, review)
}

const latest = <T extends { readonly changedMs: number }>(some: readonly T[]): T | undefined =>
  [...some].sort((a, b) => a.changedMs - b.changedMs).at(-1)

/** The GUID of the run in `run_GUID/video_GUID`. */
const runGuidOf = (path: string): string => path.slice('run_'.length, path.indexOf('/'))

/**
 * Runs all at once and fails with the first failure in the order of the list, whichever came first in time; it aborts
 * the others and waits for them.
 */
async function allOrNone<const T extends readonly Promise<unknown>[]>(
  signal: AbortSignal | undefined,
  start: (stop: AbortSignal) => T,
) {
  const failed = new AbortController()
  const started = start(anySignal(signal, failed.signal))
  const all = Promise.all(started)
  all.catch(() => {})
  try {
    for (const one of started) await one
    return await all
  } catch (error) {
    failed.abort(error)
    await Promise.allSettled(started)
    throw error
  }
}
