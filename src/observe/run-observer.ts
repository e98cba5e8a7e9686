import type { BackgroundRemoval } from '../operators/definition.js'
import type { SplitOptions, split } from '../operators/split.js'
import type { Run } from '../runtime/run.js'
import type { StepMetrics } from '../runtime/step-metrics.js'
import type { Settings, Values } from '../settings/setting.js'
import type { ClassCount } from '../sinks/class-counts.js'
import type { ImageSink } from '../sinks/files.js'
import type { StartedShard } from '../sinks/shards.js'
import type { FrameSource } from '../sources/frame-source.js'
import type { VideoIdentity } from '../sources/identity.js'
import type { Start } from '../sources/input.js'
import type { VideoInfo } from '../sources/probe.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { MadeObject } from '../storage/store.js'
import type {
  Detection,
  FrameOrigin,
  ImageFile,
  Picture,
  StoredFrame,
  TrackCounts,
  TrackedFrame,
} from '../types.js'
import type { FittedDetector } from '../vision/detectors/fit-view.js'
import type { Model } from '../vision/detectors/model.js'
import type { SurfaceModel } from '../vision/surface/surface-model.js'
import type { TuningOptions } from './bottleneck.js'

/** A live view of a run in progress. */
export interface RunView {
  readonly start: Start
  /** Folder or `gs://` prefix of the dataset. */
  readonly root: string
  readonly runGuid: string
  /** The video as the user named it. */
  readonly name: string
  /** All options, checked and complete. */
  readonly config: TuningOptions & Values<typeof split.settings> & Readonly<Record<string, unknown>>
  readonly settings: Settings
  /** As fitted to the video. */
  readonly split: SplitOptions
  readonly identity: VideoIdentity
  readonly info: VideoInfo
  readonly model: Model
  /** That runs the detector, and for people: why. */
  readonly device: { readonly name: string; readonly why?: string }
  /** The model that found the players, which an earlier run may have had; null if unknown. */
  readonly foundBy: { readonly name: string; readonly sha256: string } | null
  /** As fitted to the video; undefined when it does not run. */
  readonly detector: FittedDetector | undefined
  readonly removal: BackgroundRemoval
  readonly source: FrameSource<unknown>
  readonly run: Run<FrameOrigin>
  /** As of the last frame. */
  readonly tracks: TrackCounts
  /** Tracks in the dataset so far: others were dropped whole, such as bystanders. */
  readonly tracksWithImages: number
  /** Images so far, by class. */
  readonly classes: readonly ClassCount[]
  readonly storage: StorageFactory
  readonly sink: ImageSink
}

/** What is known of the playing surface before the graph starts. */
export interface LearnedSurface {
  readonly surface: SurfaceModel
  /** Where it is from: sample frames, the user, or the run that this one starts from. */
  readonly origin: 'samples' | 'given' | 'earlier'
  /** How backgrounds are removed by it, or why otherwise. */
  readonly removal: BackgroundRemoval
  /** A few sample frames, and those who are surely people in them; undefined where they were not looked for. */
  readonly seen: readonly { readonly picture: Picture; readonly people?: readonly Detection[] }[]
}

/**
 * Callbacks for the events of a run, on the main thread and in frame order, for all starts. A resumed run does not
 * repeat the events of an earlier process. Callbacks must not throw.
 */
export interface RunObserver {
  /** A warning for the user; the run continues. */
  warned?(message: string): void
  /** The playing surface has been learned, or could not be. The pictures are valid until this returns. */
  surfaceLearned?(learned: LearnedSurface): void
  /** The graph starts. */
  started?(view: RunView): void
  /** The source emitted a frame. */
  frameRead?(origin: FrameOrigin): void
  /** A frame has been tracked. The frame is valid until this resolves; the graph waits for it. */
  frameTracked?(frame: TrackedFrame): void | Promise<void>
  /** The stored crops of a frame have been read. The graph waits until this resolves. */
  cropsRead?(frame: StoredFrame): void | Promise<void>
  /** A step has processed all values of a frame, whose slot is still held. */
  stepRan?(step: string, metrics: Readonly<StepMetrics>, origin: FrameOrigin): void
  /** The state of a stateful step after a frame. */
  stateChanged?(step: string, state: unknown, origin: FrameOrigin): void
  /** The sink has accepted an image, which may not be durable yet. */
  imageWritten?(image: ImageFile): void
  /** An object is written or being uploaded; `frameIndex` is the last frame in it. */
  objectMade?(object: MadeObject, frameIndex: number): void
  shardStarted?(shard: StartedShard): void
  /** All values of a frame have reached the sink or were dropped. */
  frameFinished?(origin: FrameOrigin): void
  /** An image or a shard is durable. */
  uploaded?(bytes: number, images: number, milliseconds: number): void
}

/** Combines several observers into one. */
export function combineObservers(observers: readonly RunObserver[]): Required<RunObserver> {
  return {
    warned: message => each(observers, o => o.warned?.(message)),
    surfaceLearned: learned => each(observers, o => o.surfaceLearned?.(learned)),
    started: view => each(observers, o => o.started?.(view)),
    frameRead: origin => each(observers, o => o.frameRead?.(origin)),
    frameTracked: frame => eachInTurn(observers, o => o.frameTracked?.(frame)),
    cropsRead: frame => eachInTurn(observers, o => o.cropsRead?.(frame)),
    stepRan: (...step) => each(observers, o => o.stepRan?.(...step)),
    stateChanged: (...state) => each(observers, o => o.stateChanged?.(...state)),
    imageWritten: image => each(observers, o => o.imageWritten?.(image)),
    objectMade: (...object) => each(observers, o => o.objectMade?.(...object)),
    shardStarted: shard => each(observers, o => o.shardStarted?.(shard)),
    frameFinished: origin => each(observers, o => o.frameFinished?.(origin)),
    uploaded: (...upload) => each(observers, o => o.uploaded?.(...upload)),
  }
}

function each(observers: readonly RunObserver[], notify: (observer: RunObserver) => void): void {
  for (const observer of observers) notify(observer)
}

async function eachInTurn(
  observers: readonly RunObserver[],
  notify: (observer: RunObserver) => void | Promise<void>,
): Promise<void> {
  for (const observer of observers) await notify(observer)
}
