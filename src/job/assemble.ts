import { byWork, type CheckpointSchedule, everyFrames } from '../checkpoint/checkpoint-schedule.js'
import { CheckpointWriter } from '../checkpoint/checkpoint-writer.js'
import { originPath } from '../checkpoint/open-run.js'
import { combineObservers, type RunObserver, type RunView } from '../observe/run-observer.js'
import type { RunContext } from '../operators/definition.js'
import { split, splitFor } from '../operators/split.js'
import type { Preview } from '../preview/preview.js'
import { Run } from '../runtime/run.js'
import { Slots } from '../runtime/slots.js'
import type { WorkerPool } from '../runtime/worker-pool.js'
import { settingsOf } from '../settings/configure.js'
import { valuesOf } from '../settings/setting.js'
import { ClassCounts } from '../sinks/class-counts.js'
import type { DetectionsFile } from '../sinks/detections.js'
import type { ImageSink } from '../sinks/files.js'
import type { Manifest } from '../sinks/manifest.js'
import type { Input } from '../sources/input.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { FrameOrigin, TrackCounts } from '../types.js'
import type { IdentityBook } from '../vision/identities/identity-book.js'
import type { JobContext, ResolvedRun } from './contract.js'
import type { Capacity } from './memory-budget.js'
import { type Ahead, openInput } from './open-input.js'
import { openOutput, openSink } from './open-output.js'
import { rememberTracks } from './remember-tracks.js'
import type { RunConfig } from './settings.js'

/** Everything around the graph of one run, from its input to its files. */
interface Parts extends AsyncDisposable {
  readonly input: Input
  readonly run: Run<FrameOrigin>
  readonly sink: ImageSink
  readonly observer: Required<RunObserver>
  readonly view: RunView
  /** None with `--no-checkpoints`. */
  readonly checkpoint: CheckpointWriter | undefined
  readonly manifest: Manifest
  readonly detections: DetectionsFile
  readonly preview: Preview | undefined
  /** None for a start from crops: what is compared is where players are in the frames. */
  readonly identities: IdentityBook | undefined
  /** No frame follows: no track can be found again. */
  closeTracks(): void
  /** All objects of the checkpoint, of earlier processes too. */
  checkpointPaths(): string[]
}

/** Opens the input and the output of a run, where earlier processes left them, and connects its observers. */
export async function assemble(
  resolved: ResolvedRun,
  storage: StorageFactory,
  context: JobContext,
  runContext: RunContext,
  pool: WorkerPool,
  capacity: Capacity,
  ahead: Ahead | undefined,
): Promise<Parts> {
  const { info, identity, store, video, model, device, listed, earlier, runGuid } = resolved
  const { config, graph, hooks } = context
  const requested = valuesOf(split.settings, config)
  const fitted = splitFor(requested, runContext)
  if (fitted.valRatio !== requested.valRatio) {
    context.observer.warned('too few sampled frames for a gap between train and val: all crops go to train')
  }
  const { manifest, detections, resume } = await openOutput(
    resolved,
    { ...runContext, split: fitted },
    context,
  )
  const input = await openInput(resolved, config, resume, context.observer.warned, capacity, ahead?.frames)
  const { start, frames: source } = input
  // The largest allocation first: nothing is left behind when it fails.
  const frameSlots = ahead?.slots ?? new Slots(capacity.slots, source.frameBytes)
  const checkpoint = config.checkpoints
    ? new CheckpointWriter(store, storage.window, resume, scheduleFor(config, source.report.framesExpected))
    : undefined
  const preview =
    config.preview && start !== 'crops'
      ? await (await import('../preview/preview.js')).Preview.in(store, info, source)
      : undefined

  const identities = start === 'crops' ? undefined : rememberTracks(resume, checkpoint)

  let tracks: TrackCounts = resume.tracks ?? earlier?.tracks ?? { opened: 0, closed: 0, cuts: 0 }
  // Those that the detector looks for are listed even if it finds none of them.
  const sought = earlier === undefined ? runContext.detector.classes : []
  const classes = new ClassCounts([
    ...sought.map(className => ({ classId: model.classes.indexOf(className), className, images: 0 })),
    ...resume.classes,
  ])
  const shown = new Set(resume.trackIds)
  const counter: RunObserver = {
    frameTracked(frame) {
      tracks = frame.tracks
    },
    imageWritten({ sample }) {
      if (sample === undefined) return
      classes.add(sample)
      shown.add(sample.trackId)
    },
  }
  const others = [checkpoint, detections, preview, identities?.observer].filter(part => part !== undefined)
  const observer = combineObservers([counter, context.observer, ...others])
  const sink = openSink(resolved, storage, config, resume, manifest, observer)
  const run = new Run<FrameOrigin>(pool, frameSlots, {
    ...{ signal: hooks.signal, lenient: config.lenient, resume },
    listener: { ...observer, read: observer.frameRead, finished: observer.frameFinished },
  })
  const view: RunView = {
    ...{ start, root: store.root, runGuid, name: video.name, split: fitted },
    config: { ...config, ...requested },
    detector: earlier === undefined ? runContext.detector : undefined,
    ...{ settings: settingsOf(graph.settings), identity, info, model, device, source, run, storage, sink },
    foundBy: earlier === undefined ? model : earlier.model,
    removal: runContext.removal,
    get tracks() {
      return tracks
    },
    get tracksWithImages() {
      return shown.size
    },
    get classes() {
      return classes.all
    },
  }
  return {
    ...{ input, run, sink, observer, view, checkpoint, manifest, detections, preview },
    identities: identities?.book,
    closeTracks() {
      tracks = { ...tracks, closed: tracks.opened }
    },
    checkpointPaths: () =>
      checkpoint === undefined ? [] : [originPath, ...listed.map(({ path }) => path), ...checkpoint.paths],
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]()
      await preview?.[Symbol.asyncDispose]()
    },
  }
}

const scheduleFor = ({ checkpointFrames }: RunConfig, framesExpected: number): CheckpointSchedule =>
  checkpointFrames === undefined ? byWork(framesExpected) : everyFrames(checkpointFrames)
