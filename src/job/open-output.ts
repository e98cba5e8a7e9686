import { type ResumeState, readResumeState } from '../checkpoint/resume-state.js'
import type { RunObserver } from '../observe/run-observer.js'
import type { BackgroundRemoval, RunContext } from '../operators/definition.js'
import type { SplitOptions } from '../operators/split.js'
import { DetectionsFile } from '../sinks/detections.js'
import { FilesSink, type ImageSink, type RecordObject } from '../sinks/files.js'
import { Manifest } from '../sinks/manifest.js'
import { ShardsSink, shardDefaults } from '../sinks/shards.js'
import { millisecondsAt } from '../sources/frame-times.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { FittedDetector } from '../vision/detectors/fit-view.js'
import type { Model } from '../vision/detectors/model.js'
import type { SurfaceModel } from '../vision/surface/surface-model.js'
import type { JobContext, ResolvedRun } from './contract.js'
import type { RunConfig } from './settings.js'

/** The files of a run besides its images, and the state of earlier processes. */
interface Output {
  readonly manifest: Manifest
  readonly detections: DetectionsFile
  readonly resume: ResumeState
}

/** What the video decided of a run. */
interface Fitted extends Pick<RunContext, 'detector' | 'surface' | 'removal'> {
  readonly split: SplitOptions
}

/** They depend on the time of the run, not only on the video: those of an earlier process are replaced. */
const momentary: readonly string[] = ['metadata.json', 'report.html', 'preview.mp4']

/** Opens the files of a run and reads the state of earlier processes. */
export async function openOutput(
  { store, info, origin, listed, earlier, model }: ResolvedRun,
  { split, detector, surface, removal }: Fitted,
  { config, observer }: JobContext,
): Promise<Output> {
  const manifest = await Manifest.in(store, {
    ...origin,
    ...(earlier === undefined && { detector: fieldsOf(detector, model) }),
    surface: surfaceFields(surface),
    background: backgroundFields(removal),
    split,
  })
  const detections = await DetectionsFile.in(store, index => millisecondsAt(info.frameTimes, index))
  // A start from crops does not decode frames: the detections come from the earlier run.
  const known = earlier !== undefined && config.from === 'crops' ? earlier.frames : undefined
  for (const [index, found] of known ?? []) {
    await detections.write(
      index,
      found.filter(detection => detection !== undefined),
    )
  }
  const resume = await readResumeState(store, listed, async ({ frames, objects }) => {
    if (known === undefined) {
      for (const { index, detections: found } of frames) await detections.write(index, found)
    }
    for (const object of objects) await manifest.add(object)
  })
  if (resume.finished > 0) observer.warned(resumedMessage(resume, config))
  for (const { path } of listed) if (momentary.includes(path)) await store.remove(path)
  return { manifest, detections, resume }
}

const backgroundFields = (removal: BackgroundRemoval) => ({
  method: removal.method,
  ...(removal.agreement !== undefined && { agreement: removal.agreement }),
  ...(removal.method === 'person' && { model: { name: removal.model.name, sha256: removal.model.sha256 } }),
})

/** As in the manifest. */
const fieldsOf = (
  { inputSize, tiles, confidence, nmsIou, classes, why }: FittedDetector,
  { input }: Model,
) => ({
  ...{ input_size: input.width ?? inputSize, tiles, confidence, nms_iou: nmsIou, classes, why },
})

/** Enough to start from this run with the same surface. */
const surfaceFields = ({ found, reason, modes, coverage }: SurfaceModel) => ({
  ...{ found, ...(reason !== undefined && { reason }), coverage, modes },
})

function resumedMessage({ finished, next }: ResumeState, { report, preview }: RunConfig): string {
  const partial = [report && 'report', preview && 'preview'].filter(Boolean).join(' and ')
  const note = partial === '' ? '' : `; the ${partial} will show only the frames from there on`
  return `resuming at frame ${next}: ${finished} frames were done before${note}`
}

/** Opens the sink of a run in the state of earlier processes. Its objects are added to the manifest. */
export function openSink(
  { store, identity }: ResolvedRun,
  { window }: StorageFactory,
  config: RunConfig,
  resume: ResumeState,
  manifest: Manifest,
  observer: Required<RunObserver>,
): ImageSink {
  const record: RecordObject = (object, frameIndex) => {
    observer.objectMade(object, frameIndex)
    return manifest.add(object)
  }
  if (config.layout === 'files') return new FilesSink(store, record, window, resume.samples)
  const { videoGuid: video_guid, sha256 } = identity
  const options = { ...shardDefaults, bytes: config.shardMegabytes << 20, video: { video_guid, sha256 } }
  return new ShardsSink(store, record, window, options, observer.shardStarted, resume)
}
