import { v4 } from 'uuid'
import { checkpointFolder } from '../checkpoint/checkpoint-segment.js'
import { openRun, tidyUp } from '../checkpoint/open-run.js'
import { anySignal } from '../common/any-signal.js'
import { UsageError } from '../common/errors.js'
import { version } from '../common/version.js'
import { type EarlierRun, readEarlierRun, refuseSampling } from '../sources/earlier-run.js'
import { findBinaries } from '../sources/ffmpeg-binaries.js'
import { identify } from '../sources/identity.js'
import { probe, type VideoInfo } from '../sources/probe.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import { loadModel } from '../vision/detectors/model.js'
import { summaryOf } from './completed-run.js'
import { type Config, datasetOptions } from './config.js'
import { type LocalVideo, makeDataset, type Order } from './execute.js'
import type { Summary } from './job.js'

/** Finds out what is to be done for a video, and has it done, unless it is done. */
export async function workOn(source: LocalVideo, places: StorageFactory, order: Order): Promise<Summary> {
  const { hooks, onlooker } = order
  const { ffmpeg, ffprobe } = order.config
  const binaries = findBinaries({ ...(ffmpeg && { ffmpeg }), ...(ffprobe && { ffprobe }) })
  const info = await probe(source.path, binaries, hooks.signal)
  const [model, identity] = await allOrNone(hooks.signal, stop => [
    loadModel(order.config.model),
    identify(source.path, stop),
  ])
  const { videoGuid, sha256 } = identity
  const earlier = await earlierRun(places, order.config, info, videoGuid)
  const config = { ...order.config, ...earlier?.sampling }
  const runGuid = await chooseRun(places, config, videoGuid, onlooker.warned)
  hooks.onIdentified?.({ ...identity, runGuid })
  const store = await places.open(...runsOf(config), `run_${runGuid}`, `video_${videoGuid}`)
  try {
    const origin = {
      video: { video_guid: videoGuid, sha256, file_size_bytes: info.sizeBytes },
      model: earlier === undefined ? { name: model.name, sha256: model.sha256 } : earlier.model,
      options: datasetOptions(config),
      ...(earlier !== undefined && { earlier: { detections_sha256: earlier.sha256 } }),
    }
    const opened = await openRun(store, { ...origin, version })
    if (opened.complete !== undefined) {
      await source.published?.(store, videoGuid)
      await tidyUp(store)
      return summaryOf(store, opened.complete, order)
    }
    await using _claim = opened.claim
    const { listed } = opened
    const prepared = { source, info, identity, model, store, origin, runGuid, listed, earlier }
    return await makeDataset(prepared, places, { ...order, config })
  } finally {
    await store.close()
  }
}

/** Where the runs of a pipeline lie below `--out`. */
const runsOf = ({ tenant, pipeline }: Config) => [tenant, 'user', 'process', pipeline] as const

/** The run that was asked for, the last one of this video that is not complete, or a new one. */
async function chooseRun(
  places: StorageFactory,
  config: Config,
  videoGuid: string,
  warn: (message: string) => void,
): Promise<string> {
  const { resume, runGuid } = config
  if (!resume) return runGuid ?? v4()
  const begun = await places.findRuns(runsOf(config), ['run_', `video_${videoGuid}`], checkpointFolder)
  if (runGuid !== undefined) {
    if (begun.some(({ path }) => runGuidOf(path) === runGuid)) return runGuid
    throw new UsageError(
      `There is no unfinished run ${runGuid} of this video to resume; without --resume it is begun`,
    )
  }
  const last = latest(begun)
  if (last === undefined) warn('there is no unfinished run of this video to resume: a new one begins')
  return last === undefined ? v4() : runGuidOf(last.path)
}

/** The run whose findings are asked for. */
async function earlierRun(
  places: StorageFactory,
  config: Config,
  info: VideoInfo,
  videoGuid: string,
): Promise<EarlierRun | undefined> {
  if (config.from === 'video') return undefined
  refuseSampling(config)
  if (config.earlier !== undefined) return readEarlierRun(await places.at(config.earlier, '--earlier'), info)
  const last = latest(await places.findRuns(runsOf(config), ['run_', `video_${videoGuid}`], 'manifest.json'))
  if (last === undefined) {
    throw new UsageError('There is no complete run of this video to begin with; name one with --earlier')
  }
  const root = [config.out, ...runsOf(config), last.path].join('/')
  return readEarlierRun(await places.at(root, '--earlier'), info)
}

const latest = <T extends { readonly changedMs: number }>(some: readonly T[]): T | undefined =>
  [...some].sort((a, b) => a.changedMs - b.changedMs).at(-1)

/** Of `run_GUID/video_GUID`. */
const runGuidOf = (path: string): string => path.slice('run_'.length, path.indexOf('/'))

/** As Promise.all, but the first failure stops the others, and nothing of them runs on behind it. */
async function allOrNone<const T extends readonly Promise<unknown>[]>(
  signal: AbortSignal | undefined,
  start: (stop: AbortSignal) => T,
) {
  const failed = new AbortController()
  const started = start(anySignal(signal, failed.signal))
  try {
    return await Promise.all(started)
  } catch (error) {
    failed.abort(error)
    await Promise.allSettled(started)
    throw error
  }
}
