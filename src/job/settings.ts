import { expected, UsageError } from '../common/errors.js'
import type { augment } from '../operators/augment.js'
import type { detect } from '../operators/detect.js'
import type { pitchFilter } from '../operators/pitch-filter.js'
import type { removeBackground } from '../operators/remove-background.js'
import type { split } from '../operators/split.js'
import type { SettingsOf } from '../settings/configure.js'
import {
  choice,
  folderName,
  integer,
  number,
  path,
  pathText,
  type SettingGroup,
  setting,
  toggle,
  url,
  type Values,
} from '../settings/setting.js'
import { shardDefaults } from '../sinks/shards.js'
import { defaultSampling } from '../sources/sampling.js'
import { isForeignUrl, isGcsUrl, parseGcsUrl } from '../storage/gcs.js'
import { surfaceDefaults } from '../vision/surface/surface-model.js'

const group = <S extends SettingGroup['settings']>(
  title: string,
  settings: S,
  check?: (values: Values<S>) => void,
): SettingGroup<S> => ({ title, settings, ...(check && { check }) })

/** What changes how a run is made, but not one byte of its dataset. */
const how = { shapesDataset: false } as const

const output = group(
  'output',
  {
    out: setting(
      pathText.refine(text => !isForeignUrl(text)),
      'a folder, or gs://bucket/prefix',
      {
        ...how,
        default: 'out',
        value: 'folder',
        essential: true,
        help: 'folder, or gs://bucket/prefix, to write the dataset under',
      },
    ),
    layout: choice(['files', 'shards'], {
      default: 'files',
      essential: true,
      help: 'a file for each crop, or WebDataset shards of many',
    }),
    shardMegabytes: integer({
      from: 1,
      to: 2048,
      default: shardDefaults.bytes >> 20,
      value: 'MiB',
      help: 'size of a shard, at most',
    }),
    tenant: folderName({ default: 'local', help: 'tenant_id, the first folder of the output tree' }),
    pipeline: folderName({ default: 'player-crops', help: 'pipeline_name in the output tree' }),
    runGuid: folderName({
      help: 'run_guid in the output tree: starts, resumes or finds that run (default: a new UUID)',
    }),
  },
  ({ out }) => {
    // Checked now, and not when the video has been fetched. The tree below takes up to 500 bytes of an object's name.
    if (isGcsUrl(out) && Buffer.byteLength(parseGcsUrl(out, '--out').path) > 524)
      throw new UsageError(expected('a prefix of at most 524 bytes', '--out', out))
  },
)

const start = group('start', {
  resume: toggle({
    ...how,
    default: false,
    essential: true,
    help: 'resume the last run of this video that was not completed',
  }),
  from: choice(['video', 'detections', 'crops'], {
    default: 'video',
    help: 'start from the video, or from what an earlier run of it kept: its detections, or its original crops',
  }),
  earlier: path({
    value: 'run',
    help: 'that earlier run: its video_… folder, here or in a bucket (default: the last complete one of this video)',
  }),
  checkpointFrames: integer({
    ...how,
    from: 1,
    to: 1e6,
    default: 100,
    value: 'frames',
    help: 'write a checkpoint after this many frames',
  }),
})

const video = group(
  'video',
  {
    fps: number({
      from: 0.001,
      to: 1000,
      value: 'frames/s',
      essential: true,
      help: `frames per second to look at (default: ${defaultSampling.fps})`,
    }),
    every: integer({ from: 1, to: 1e9, value: 'N', help: 'look at every N-th frame instead' }),
    frames: integer({
      from: 1,
      to: 1e6,
      value: 'N',
      help: 'look at N frames equally spaced over the video instead; without tracking',
    }),
    lenient: toggle({
      default: false,
      help: 'keep what is readable of a damaged video, and leave out a few frames that a step fails on',
    }),
    ffmpeg: path({ help: 'ffmpeg to use (default: FFMPEG_PATH, the PATH, the bundled one)' }),
    ffprobe: path({ help: 'ffprobe to use (default: FFPROBE_PATH, the PATH, the bundled one)' }),
  },
  values => {
    const sampling = (['fps', 'every', 'frames'] as const).filter(key => values[key] !== undefined)
    if (sampling.length > 1)
      throw new UsageError(expected('one way of sampling', '--fps, --every and --frames', sampling))
  },
)

const surface = group(
  'playing surface',
  {
    grassSamples: integer({
      from: 1,
      to: 50,
      default: surfaceDefaults.sampleFrames,
      value: 'frames',
      help: 'frames from which the colors of the playing surface are learned',
    }),
    grassTop: number({
      from: 0,
      to: 0.9,
      default: surfaceDefaults.topCropRatio,
      value: 'fraction',
      help: 'top of those frames that is left out',
    }),
    grassBottom: number({
      from: 0,
      to: 0.9,
      default: surfaceDefaults.bottomCropRatio,
      value: 'fraction',
      help: 'bottom of those frames that is left out',
    }),
    grassSensitivity: number({
      from: 0.5,
      to: 10,
      default: surfaceDefaults.sensitivity,
      value: 'deviations',
      help: 'how far from those colors a pixel still is playing surface: larger takes more',
    }),
  },
  ({ grassTop, grassBottom }) => {
    if (grassTop + grassBottom >= 1) {
      const name = '--grass-top and --grass-bottom'
      throw new UsageError(expected('less than 1 together', name, grassTop + grassBottom))
    }
  },
)

const storage = group('cloud storage', {
  bucket: folderName({ help: 'bucket of the video, when it is not given as gs://bucket/path' }),
  import: choice(['move', 'copy', 'none'], {
    ...how,
    default: 'move',
    help: 'what happens to the video in a bucket when its dataset is complete',
  }),
  gcsEndpoint: url({ help: 'Cloud Storage endpoint to use instead of the real one, such as an emulator' }),
  stallSeconds: number({
    ...how,
    from: 0.1,
    to: 3600,
    default: 30,
    value: 'seconds',
    help: 'retry a request after this many seconds without progress',
  }),
  deadlineSeconds: number({
    ...how,
    from: 1,
    to: 86_400,
    default: 600,
    value: 'seconds',
    help: 'give a request up, with all of its retries, after this long',
  }),
})

const machine = group('machine', {
  workers: integer({
    ...how,
    from: 1,
    to: 256,
    value: 'threads',
    essential: true,
    help: 'worker threads (default: one per core)',
  }),
  slots: integer({
    ...how,
    from: 1,
    to: 1024,
    value: 'frames',
    help: 'frames in memory, at most (default: 2 x workers + 2)',
  }),
  maxMemory: integer({
    ...how,
    from: 100,
    to: 1e7,
    value: 'MB',
    help: 'memory limit, ffmpeg included: fits workers and slots to it, and stops the run above it',
  }),
})

const observation = group('observation', {
  report: toggle({
    ...how,
    default: false,
    essential: true,
    help: 'write report.html beside the dataset: what was seen, kept and dropped',
  }),
  preview: toggle({
    ...how,
    default: false,
    help: 'write preview.mp4 beside the dataset: the frames with boxes and track ids',
  }),
  metricsPort: integer({
    ...how,
    from: 0,
    to: 65_535,
    value: 'port',
    help: 'serve /metrics, /healthz and /readyz during the run; 0 takes a free port',
  }),
  pushgateway: url({ help: 'Prometheus Pushgateway to push the metrics to at the end' }),
  metricsTextfile: path({ help: 'file for the textfile collector of node_exporter, written at the end' }),
  logFormat: choice(['text', 'json'], {
    ...how,
    default: 'text',
    help: 'json: one object per line on standard error, for a log collector',
  }),
  quiet: toggle({ ...how, default: false, help: 'print nothing but errors' }),
  verbose: toggle({ ...how, default: false, help: 'with an error, print where in the code it came from' }),
})

/** Settings of a run, those of its steps apart, in the order of the help. */
export const runSettings = [output, start, video, surface, storage, machine, observation] as const

/** Steps of which a run itself must know the settings: to load the model, fit the memory, learn the surface. */
type KnownSteps = readonly [
  typeof detect,
  typeof pitchFilter,
  typeof removeBackground,
  typeof split,
  typeof augment,
]

/** The options of a run, checked and complete; those of all its steps are among them. */
export type RunConfig = Values<SettingsOf<typeof runSettings>> & Values<SettingsOf<KnownSteps>>
