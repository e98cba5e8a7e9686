/** The public API: run the standard graph, or build your own from its parts. */
export {
  CropstreamError,
  exitCode,
  InputError,
  MemoryError,
  OutputError,
  UsageError,
} from './common/errors.js'
export { type Config, configure, graph, type Options, processVideo, settings } from './graph.js'
export type { Graph, Hooks, Job, Summary } from './job/contract.js'
export { runJob } from './job/run-job.js'
export { type RunConfig, runSettings } from './job/settings.js'
export type { LearnedSurface, RunObserver, RunView } from './observe/run-observer.js'
export { type AugmentOptions, augment } from './operators/augment.js'
export { bystanderFilter } from './operators/bystander-filter.js'
export { crop } from './operators/crop.js'
export { type RunContext, statefulOperator, workerOperator } from './operators/definition.js'
export { type DetectOptions, detect, deviceService } from './operators/detect.js'
export { encode } from './operators/encode.js'
export { type JpegOptions, jpegDefaults } from './operators/jpeg.js'
export { keepFrames, keepModifiedCrops, keepOriginalCrops } from './operators/keep.js'
export { type PitchFilterOptions, pitchFilter } from './operators/pitch-filter.js'
export { readCrops } from './operators/read-crops.js'
export { type RemoveBackgroundOptions, removeBackground } from './operators/remove-background.js'
export { spectatorFilter } from './operators/spectator-filter.js'
export { fitSplit, type SplitOptions, split, splitDefaults } from './operators/split.js'
export { type TrackerState, type TrackOptions, track, trackDefaults } from './operators/track.js'
export type {
  Final,
  MainOperator,
  Operator,
  StatefulStep,
  Step,
  StepContext,
  WorkerOperator,
} from './runtime/operator.js'
export { Run } from './runtime/run.js'
export type { ResumePoint, RunListener, RunOptions } from './runtime/run-options.js'
export type { Sink } from './runtime/sink.js'
export { type Lease, type Origin, type Packet, type Slot, Slots } from './runtime/slots.js'
export type { Source, SourceItem } from './runtime/source.js'
export type { StepCount, StepMetrics } from './runtime/step-metrics.js'
export { type Chain, chain, steps } from './runtime/wiring.js'
export { defaultWorkers, WorkerPool } from './runtime/worker-pool.js'
export { checkOptions, type OptionsOf, type SettingsOf, settingsOf } from './settings/configure.js'
export type { Setting, SettingGroup, Settings, Values } from './settings/setting.js'
export * as setting from './settings/setting.js'
export { DetectionsFile } from './sinks/detections.js'
export { FilesSink, type ImageSink } from './sinks/files.js'
export { Manifest } from './sinks/manifest.js'
export { type ShardOptions, ShardsSink, shardDefaults } from './sinks/shards.js'
export { type Binaries, findBinaries } from './sources/ffmpeg-binaries.js'
export type { FrameSource } from './sources/frame-source.js'
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
export type { Detector } from './vision/detectors/detector.js'
export type { DetectorOptions, GivenOptions } from './vision/detectors/detector-options.js'
export { DeviceThread } from './vision/detectors/device-thread.js'
export { loadModel, type Model, type ModelOptions } from './vision/detectors/model.js'
export { bundledModels, type ModelEntry } from './vision/detectors/model-list.js'
export { openNamedDetector } from './vision/detectors/named-detector.js'
export { rgbOf } from './vision/imaging/colors.js'
export { pictureOf } from './vision/imaging/planes.js'
export { loadPersonModel, type PersonModel } from './vision/segmentation/person-model.js'
export { fitSurface, type SurfaceOptions, surfaceDefaults } from './vision/surface/fit-surface.js'
export type { SurfaceModel } from './vision/surface/surface-model.js'
