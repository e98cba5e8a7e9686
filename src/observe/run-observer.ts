import type { SplitOptions, split } from '../operators/split.js'
import type { Run } from '../runtime/run.js'
import type { StepMetrics } from '../runtime/step-metrics.js'
import type { Settings, Values } from '../settings/setting.js'
import type { ImageSink } from '../sinks/files.js'
import type { StartedShard } from '../sinks/shards.js'
import type { FrameSource } from '../sources/frame-source.js'
import type { VideoIdentity } from '../sources/identity.js'
import type { Start } from '../sources/input.js'
import type { VideoInfo } from '../sources/probe.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { MadeObject } from '../storage/store.js'
import type { FrameOrigin, ImageFile, StoredFrame, TrackCounts, TrackedFrame } from '../types.js'
import type { Model } from '../vision/detectors/model.js'
import type { TuningOptions } from './bottleneck.js'

/** A run in progress, to be read at any time: everything in it is kept up to date. */
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
  readonly source: FrameSource<unknown>
  readonly run: Run<FrameOrigin>
  /** As of the last frame. */
  readonly tracks: TrackCounts
  readonly storage: StorageFactory
  readonly sink: ImageSink
}

/**
 * Told of the events of a run, on the main thread and in the order of the frames, whichever start it has. A
 * resumed run does not report again what an earlier process reported. Must not throw.
 */
export interface RunObserver {
  /** Something that a person should know and that does not stop the run. */
  warned?(message: string): void
  /** The graph begins to run. */
  started?(view: RunView): void
  /** The source gave a frame. */
  frameRead?(origin: FrameOrigin): void
  /** The players of a frame are known. The frame is valid until this resolves, and the graph waits for it. */
  frameTracked?(frame: TrackedFrame): void | Promise<void>
  /** The crops that an earlier run kept of a frame have been read. The graph waits for it. */
  cropsRead?(frame: StoredFrame): void | Promise<void>
  /** A step has processed all that came from a frame, whose slot is still held. */
  stepRan?(step: string, metrics: Readonly<StepMetrics>, origin: FrameOrigin): void
  /** What a step with a memory remembers after a frame. */
  stateChanged?(step: string, state: unknown, origin: FrameOrigin): void
  /** The sink has taken an image, which may not be durable yet. */
  imageWritten?(image: ImageFile): void
  /** An object is written, or on its way; `frameIndex` is of the last frame in it. */
  objectMade?(object: MadeObject, frameIndex: number): void
  shardStarted?(shard: StartedShard): void
  /** Nothing of a frame is under way any more. */
  frameFinished?(origin: FrameOrigin): void
  /** An image or a shard is durable. */
  uploaded?(bytes: number, images: number, milliseconds: number): void
}

/** Several observers as one. */
export function combineObservers(observers: readonly RunObserver[]): Required<RunObserver> {
  return {
    warned: message => each(observers, o => o.warned?.(message)),
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

function each(observers: readonly RunObserver[], tell: (observer: RunObserver) => void): void {
  for (const observer of observers) tell(observer)
}

async function eachInTurn(
  observers: readonly RunObserver[],
  tell: (observer: RunObserver) => void | Promise<void>,
): Promise<void> {
  for (const observer of observers) await tell(observer)
}
