import type { Config } from '../job/config.js'
import type { Plan } from '../job/operator-options.js'
import type { Tracker } from '../operators/track.js'
import type { OnStep, Run } from '../runtime/run.js'
import type { ImageSink } from '../sinks/files.js'
import type { VideoIdentity } from '../sources/identity.js'
import type { VideoInfo } from '../sources/probe.js'
import type { FrameSource } from '../sources/video.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { OnUploaded } from '../storage/upload-window.js'
import type { Model } from '../vision/detectors/model.js'

/** A run that goes, to be read as often as one likes: everything in it grows by itself. */
export interface RunView {
  /** Folder or `gs://` prefix of the dataset. */
  readonly root: string
  readonly runGuid: string
  /** The video as the user named it. */
  readonly name: string
  readonly config: Config
  readonly plan: Plan
  readonly identity: VideoIdentity
  readonly info: VideoInfo
  readonly model: Model
  readonly video: FrameSource<unknown>
  readonly run: Run
  readonly tracker: Tracker
  readonly places: StorageFactory
  readonly sink: ImageSink
}

/** Looks on while a video is processed and changes nothing of it. Called on the main thread; must not throw. */
export interface RunObserver {
  /** Something that a person should know and that does not stop the run. */
  warned?(message: string): void
  /** The graph begins to run. */
  started?(view: RunView): void
  readonly stepped?: OnStep
  readonly uploaded?: OnUploaded
}

/** Several that look on as one. */
export const combineObservers = (onlookers: readonly RunObserver[]): Required<RunObserver> => ({
  warned(message) {
    for (const onlooker of onlookers) onlooker.warned?.(message)
  },
  started(view) {
    for (const onlooker of onlookers) onlooker.started?.(view)
  },
  stepped(...step) {
    for (const onlooker of onlookers) onlooker.stepped?.(...step)
  },
  uploaded(...upload) {
    for (const onlooker of onlookers) onlooker.uploaded?.(...upload)
  },
})
