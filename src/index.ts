/** The public API: run the graph as it is, or pipe one of your own from its parts. */

export {
  CropstreamError,
  exitCode,
  InputError,
  MemoryError,
  OutputError,
  UsageError,
} from './common/errors.js'
export { processVideo } from './graph.js'
export { type Config, configure, type Options, settings } from './job/config.js'
export type { Hooks, Summary } from './job/job.js'
export type { RunView } from './observe/run-observer.js'
export { type AugmentOptions, augment, augmentDefaults } from './operators/augment.js'
export { type CropOptions, crop, cropDefaults } from './operators/crop.js'
export { type DetectOptions, detect, detectDefaults } from './operators/detect.js'
export { encode, type JpegOptions, jpegDefaults } from './operators/encode.js'
export { keepCrops, keepFrames } from './operators/keep.js'
export { pitchFilter } from './operators/pitch-filter.js'
export { removeBackground } from './operators/remove-background.js'
export { fitSplit, type SplitOptions, split, splitDefaults } from './operators/split.js'
export { type Tracker, type TrackOptions, track, trackDefaults } from './operators/track.js'
export { type MakeStep, type Operator, type Step, type StepContext, when } from './runtime/operator.js'
export { Run } from './runtime/run.js'
export type { Sink } from './runtime/sink.js'
export { type Lease, type Packet, type Slot, Slots } from './runtime/slots.js'
export type { Source } from './runtime/source.js'
export type { StepCount } from './runtime/step-metrics.js'
export { defaultWorkers, WorkerPool } from './runtime/worker-pool.js'
export { DetectionsFile } from './sinks/detections.js'
export { FilesSink, type ImageSink } from './sinks/files.js'
export { Manifest } from './sinks/manifest.js'
export { type ShardOptions, ShardsSink, shardDefaults } from './sinks/shards.js'
export { type Binaries, findBinaries } from './sources/ffmpeg-binaries.js'
export { identify, type VideoIdentity } from './sources/identity.js'
export { probe, type VideoInfo } from './sources/probe.js'
export { seekFrames } from './sources/sample-frames.js'
export { type VideoFrames, type VideoOptions, videoFrames } from './sources/video.js'
export { BucketStore } from './storage/bucket.js'
export { Folder } from './storage/folder.js'
export { Requests, requestDefaults } from './storage/requests.js'
export type { ObjectStream, Store, StoredObject } from './storage/store.js'
export { UploadWindow, uploadWindowDefaults } from './storage/upload-window.js'
export type * from './types.js'
export { loadModel, type Model } from './vision/detectors/model.js'
export {
  fitSurface,
  type SurfaceModel,
  type SurfaceOptions,
  surfaceDefaults,
} from './vision/surface/surface-model.js'
