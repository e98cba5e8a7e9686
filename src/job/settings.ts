import { expected, UsageError } from '../common/errors.js'
import type { augment } from '../operators/augment.js'
import type { crop } from '../operators/crop.js'
import type { detect } from '../operators/detect.js'
import type { pitchFilter } from '../operators/pitch-filter.js'
import type { removeBackground } from '../operators/remove-background.js'
import type { split } from '../operators/split.js'
import type { SettingsOf } from '../settings/configure.js'
import {
  choice,
  folderName,
  integer,
  path,
  pathText,
  setting,
  settingGroup,
  toggle,
  url,
  type Values,
} from '../settings/setting.js'
import { shardDefaults } from '../sinks/shards.js'
import { videoSettings } from '../sources/settings.js'
import { isForeignUrl, isGcsUrl, parseGcsUrl } from '../storage/gcs.js'
import { storageSettings } from '../storage/settings.js'
import { surfaceSettings } from '../vision/surface/settings.js'

/** For settings that change how a run works, but no byte of its dataset. */
const how = { shapesDataset: false } as const

const output = settingGroup(
  'output',
  {
    out: setting(z => pathText(z).refine(text => !isForeignUrl(text)), 'a folder, or gs://bucket/prefix', {
      ...how,
      default: 'out',
      value: 'folder',
      essential: true,
      help: 'folder, or gs://bucket/prefix, to write the dataset under',
    }),
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
    // Checked before the video is downloaded. The tree below the prefix takes up to 500 bytes of an object name.
    if (isGcsUrl(out) && Buffer.byteLength(parseGcsUrl(out, '--out').path) > 524)
      throw new UsageError(expected('a prefix of at most 524 bytes', '--out', out))
  },
)

const start = settingGroup(
  'start',
  {
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
    review: path({
      value: 'file',
      help: 'review.json of that earlier run: its people as a person corrected them (docs/review.md)',
    }),
    checkpoints: toggle({
      ...how,
      default: true,
      help: 'write nothing that must be removed again, for a bucket that keeps every object; no resume then',
    }),
    checkpointFrames: integer({
      ...how,
      from: 1,
      to: 1e6,
      value: 'frames',
      help: 'write a checkpoint after this many frames (default: once a minute or every 200, at most 40 in a video)',
    }),
  },
  ({ resume, checkpoints }) => {
    if (resume && !checkpoints)
      throw new UsageError('--resume needs the checkpoints that --no-checkpoints leaves out')
  },
)

const machine = settingGroup('machine', {
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

const observation = settingGroup('observation', {
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

/** Settings of a run, without those of its steps, in the order of the help. */
export const runSettings = [
  output,
  start,
  videoSettings,
  surfaceSettings,
  storageSettings,
  machine,
  observation,
] as const

/** Steps whose settings the run itself reads: to load the model, fit the memory, warn of a missing surface, advise. */
type KnownSteps = readonly [
  typeof crop,
  typeof detect,
  typeof pitchFilter,
  typeof removeBackground,
  typeof split,
  typeof augment,
]

/**
 * The options of a run, checked and complete, with those of its steps. Options of `KnownSteps` are undefined in a
 * graph without the step.
 */
export type RunConfig = Values<SettingsOf<typeof runSettings>> & Partial<Values<SettingsOf<KnownSteps>>>
