import type { Observable } from 'rxjs'
import type { RunObserver, RunView } from '../observe/run-observer.js'
import type { Configurable } from '../operators/definition.js'
import type { Recorder } from '../report/recorder.js'
import type { Run } from '../runtime/run.js'
import type { Packet } from '../runtime/slots.js'
import type { StepCount } from '../runtime/step-metrics.js'
import type { Chain, InputOf, OutputOf } from '../runtime/wiring.js'
import type { SettingGroup } from '../settings/setting.js'
import type { EarlierRun } from '../sources/earlier-run.js'
import type { VideoIdentity } from '../sources/identity.js'
import type { Input, Start } from '../sources/input.js'
import type { VideoInfo } from '../sources/probe.js'
import type { OperationCount, OperationKind } from '../storage/requests.js'
import type { ListedObject, SharedStore, Store } from '../storage/store.js'
import type { FrameOrigin, ImageFile } from '../types.js'
import type { Model } from '../vision/detectors/model.js'
import type { ChosenDevice } from './choose-device.js'
import type { MemoryGuard } from './memory-guard.js'
import type { RunConfig } from './settings.js'

/** Callbacks and the abort signal of a run. */
export interface Hooks {
  /** Stops reading: frames already read are finished, and the run ends without a manifest. */
  readonly signal?: AbortSignal | undefined
  /** Called when the ids of the video and the run are known. */
  readonly onIdentified?: (identity: VideoIdentity & { readonly runGuid: string }) => void
  /** Called once, when the graph starts. */
  readonly onStart?: (view: RunView) => void
  /** Called with a warning for the user; the run continues. */
  readonly onWarning?: (message: string) => void
  /** Called with the URL of the metrics, when they are served. */
  readonly onMetrics?: (url: string) => void
}

/** A run that has been published. */
export interface Summary {
  /** Set when the run was already complete: then only the numbers about the dataset are meaningful. */
  readonly alreadyComplete?: true
  /** Folder with the dataset. */
  readonly root: string
  readonly images: number
  readonly imageBytes: number
  readonly datasetSha256: string
  readonly framesRead: number
  /** Set for a damaged video read with `--lenient`: a sentence about the readable frames. */
  readonly damage?: string
  /** Tracks with images in the dataset. */
  readonly tracks: number
  /** All tracks, those that were dropped whole included. */
  readonly tracksSeen: number
  readonly cuts: number
  /** Counts by step, in graph order. */
  readonly steps: ReadonlyMap<string, Readonly<StepCount>>
  /** Requests to the storage by kind; none for a run from disk to disk. */
  readonly storage: ReadonlyMap<OperationKind, Readonly<OperationCount>>
  readonly wallSeconds: number
  /** User and system time of this process and of ffmpeg. */
  readonly cpuSeconds: number
  /** Peak resident memory of this process. */
  readonly peakBytes: number
  /** Peak memory of all ffmpeg processes at one time, sampled four times a second; 0 without /proc. */
  readonly ffmpegPeakBytes: number
  /** One sentence: the bottleneck of the run and the setting that would help. */
  readonly bottleneck: string
  /** One sentence: a setting that would keep many players who were dropped. */
  readonly advice?: string
  /** Paths of the report and the preview, if enabled. */
  readonly report?: string
  readonly preview?: string
}

/** What a run knows of a step before it is configured. */
export interface GraphStep extends SettingGroup {
  /** Of a step that runs on the workers. */
  readonly module?: string
  prepare?(values: Readonly<Record<string, unknown>>): Promise<unknown> | undefined
}

/** A graph, which can process any video. */
export interface Graph {
  /** The settings of the run and of all steps. */
  readonly settings: readonly SettingGroup[]
  /** The steps that each start goes through. */
  readonly steps: Readonly<Record<Start, readonly GraphStep[]>>
  /** Builds the graph for one video. */
  wire(job: Job): Observable<Packet<ImageFile, FrameOrigin>>
}

/** The parts that a graph is built from. */
export interface Job {
  readonly input: Input
  readonly run: Run<FrameOrigin>
  readonly observer: Required<RunObserver>
  /** Configures steps for this video. */
  ready<const Steps extends readonly Configurable[]>(steps: Steps): Chain<InputOf<Steps>, OutputOf<Steps>>
}

/** Context that all parts of a job share. */
export interface JobContext {
  readonly config: RunConfig
  readonly graph: Graph
  readonly hooks: Hooks
  readonly observer: Required<RunObserver>
  readonly recorder: Recorder | undefined
  readonly guard: MemoryGuard
  /** Start of the job, for its wall and CPU time. */
  readonly began: { readonly ms: number; readonly cpu: NodeJS.CpuUsage }
}

/** A video on a local disk. */
export interface LocalVideo {
  /** As given by the user. */
  readonly name: string
  readonly path: string
  /** For `metadata.json`. */
  readonly blobName: string
  /** Called when the dataset is complete. */
  readonly published?: (store: Store, videoGuid: string) => Promise<void>
}

/** A run whose lease this process holds. */
export interface ResolvedRun {
  readonly video: LocalVideo
  readonly info: VideoInfo
  readonly identity: VideoIdentity
  readonly model: Model
  readonly device: ChosenDevice
  readonly store: SharedStore
  /** The first fields of the manifest. */
  readonly origin: Readonly<Record<string, unknown>>
  readonly runGuid: string
  /** Objects in the store from earlier processes. */
  readonly listed: readonly ListedObject[]
  /** The run that this one starts from, unless it starts from the video. */
  readonly earlier: EarlierRun | undefined
}
