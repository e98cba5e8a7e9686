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
import type { Input } from '../sources/input.js'
import type { VideoInfo } from '../sources/probe.js'
import type { OperationCount, OperationKind } from '../storage/requests.js'
import type { ListedObject, SharedStore, Store } from '../storage/store.js'
import type { FrameOrigin, ImageFile } from '../types.js'
import type { Model } from '../vision/detectors/model.js'
import type { MemoryGuard } from './memory-guard.js'
import type { RunConfig } from './settings.js'

/** What a caller may want of a run while it is in progress. */
export interface Hooks {
  /** Stops reading; what was read is finished, and the run ends without a manifest. */
  readonly signal?: AbortSignal | undefined
  /** Called when it is known which video and which run it is. */
  readonly onIdentified?: (identity: VideoIdentity & { readonly runGuid: string }) => void
  /** Called once, when the graph begins to run. */
  readonly onStart?: (view: RunView) => void
  /** Something that a person should know and that does not stop the run. */
  readonly onWarning?: (message: string) => void
  /** Called with the URL of the metrics, when they are served. */
  readonly onMetrics?: (url: string) => void
}

/** A run that has been published. */
export interface Summary {
  /** Set when the run was complete before: then only the figures of its dataset are meaningful. */
  readonly alreadyComplete?: true
  /** Folder with the dataset. */
  readonly root: string
  readonly images: number
  readonly imageBytes: number
  readonly datasetSha256: string
  readonly framesRead: number
  /** Set for a damaged video that was read leniently: a sentence about what was readable. */
  readonly damage?: string
  readonly tracks: number
  readonly cuts: number
  /** By step, in the order of the graph. */
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
  /** What bounded the run, and the setting that would help, in a sentence. */
  readonly bottleneck: string
  /** Paths of the report and the preview, when they were wanted. */
  readonly report?: string
  readonly preview?: string
}

/** A graph, which can be run for any video. */
export interface Graph {
  /** The settings of the run and of all steps. */
  readonly settings: readonly SettingGroup[]
  /** Pipes the graph together for one video. */
  wire(job: Job): Observable<Packet<ImageFile, FrameOrigin>>
}

/** What a graph is piped together from. */
export interface Job {
  readonly input: Input
  readonly run: Run<FrameOrigin>
  readonly observer: Required<RunObserver>
  /** Gives steps the options that they have for this video. */
  ready<const Steps extends readonly Configurable[]>(steps: Steps): Chain<InputOf<Steps>, OutputOf<Steps>>
}

/** What all parts of a job share. */
export interface JobContext {
  readonly config: RunConfig
  readonly graph: Graph
  readonly hooks: Hooks
  readonly observer: Required<RunObserver>
  readonly recorder: Recorder | undefined
  readonly guard: MemoryGuard
  /** When the job began: for its wall and CPU time. */
  readonly began: { readonly ms: number; readonly cpu: NodeJS.CpuUsage }
}

/** A video that can be read from a disk of this machine. */
export interface LocalVideo {
  /** As the user gave it. */
  readonly name: string
  readonly path: string
  /** For `metadata.json`. */
  readonly blobName: string
  /** Called when the dataset is complete. */
  readonly published?: (store: Store, videoGuid: string) => Promise<void>
}

/** A run that this process alone works on. */
export interface ResolvedRun {
  readonly video: LocalVideo
  readonly info: VideoInfo
  readonly identity: VideoIdentity
  readonly model: Model
  readonly store: SharedStore
  /** The start of the manifest. */
  readonly origin: Readonly<Record<string, unknown>>
  readonly runGuid: string
  /** What earlier processes have left in the store. */
  readonly listed: readonly ListedObject[]
  /** The run that this one starts from, unless it starts from the video. */
  readonly earlier: EarlierRun | undefined
}
