import { z } from 'zod'
import { expected, UsageError } from '../common/errors.js'
import { augmentDefaults } from '../operators/augment.js'
import { cropDefaults } from '../operators/crop.js'
import { jpegDefaults } from '../operators/encode.js'
import { splitDefaults } from '../operators/split.js'
import { trackDefaults } from '../operators/track.js'
import { shardDefaults } from '../sinks/shards.js'
import { defaultSampling } from '../sources/sampling.js'
import { isForeignUrl, isGcsUrl, parseGcsUrl } from '../storage/gcs.js'
import { defaultModelPath } from '../vision/detectors/model.js'
import { nanodetDefaults } from '../vision/detectors/nanodet.js'
import { surfaceDefaults } from '../vision/surface/surface-model.js'

/** One thing that a user can set, by the command line or a program. */
interface Setting<T> {
  readonly schema: z.ZodType<T>
  /** What it must be, as an error says it. */
  readonly expects: string
  /** What giving it on the command line does: of what is on by default, what `--no-…` does. */
  readonly help: string
  readonly default: T
  /** False for what changes how a run is made but not one byte of its dataset. */
  readonly shapesDataset: boolean
}

const setting =
  <T>(expects: string, schema: z.ZodType<T>, shapesDataset = true) =>
  (value: T, help: string): Setting<T> => ({ schema, expects, help, default: value, shapesDataset })

const numberIn = (low: number, high: number) =>
  setting(`a number from ${low} to ${high}`, z.number().min(low).max(high))
const integerIn = (low: number, high: number, shapes = true) =>
  setting(`a whole number from ${low} to ${high}`, z.int().min(low).max(high), shapes)
const optional = <T>(make: (value: T, help: string) => Setting<T>, help: string): Setting<T | undefined> => {
  const { schema, ...rest } = make(undefined as T, help)
  return { ...rest, schema: schema.optional(), default: undefined }
}
const yes = setting('true or false', z.boolean())
const how = setting('true or false', z.boolean(), false)
const oneOf =
  <const T extends string>(...values: T[]) =>
  (value: T, help: string, shapes = true): Setting<T> =>
    setting(values.join(' or '), z.enum(values), shapes)(value, help)
const url = setting('an http or https URL', z.url({ protocol: /^https?$/ }), false)
/** One that begins with a dash is an option that took the place of a forgotten path. */
const path = setting(
  'a path, with ./ before one that begins with a dash',
  z.string().regex(/^[^-\0][^\0]*$/),
  false,
)
const place = setting(
  'a folder, or gs://bucket/prefix',
  z
    .string()
    .regex(/^[^-\0][^\0]*$/)
    .refine(text => !isForeignUrl(text)),
  false,
)
/** One folder of the output tree: it can neither leave its place nor make another, nor be taken for an option. */
const name = setting(
  'letters, digits, dots, dashes and underscores, at most 100, not beginning with a dot or a dash',
  z.string().regex(/^\w[\w.-]{0,99}$/),
  false,
)
const color = setting(
  'red,green,blue, each from 0 to 255',
  z.tuple([z.int().min(0).max(255), z.int().min(0).max(255), z.int().min(0).max(255)]),
)
const words = setting('names separated by commas', z.array(z.string().min(1)).min(1))

/** Every setting, in the order in which the help lists them. */
export const settings = {
  out: place('out', 'folder, or gs://bucket/prefix, that the dataset is written under'),
  bucket: optional(name, 'bucket of the video, when it is not given as gs://bucket/path'),
  import: oneOf('move', 'copy', 'none')(
    'move',
    'what becomes of the video of a bucket once its dataset is there',
    false,
  ),
  gcsEndpoint: optional(url, 'Cloud Storage to use instead of the real one, as an emulator'),
  stallSeconds: {
    ...numberIn(0.1, 3600)(30, 'a request of which nothing moves for so long is made again'),
    shapesDataset: false,
  },
  deadlineSeconds: {
    ...numberIn(1, 86_400)(600, 'all attempts of one request together may take so long'),
    shapesDataset: false,
  },
  layout: oneOf('files', 'shards')('files', 'an object for each crop, or WebDataset shards of many'),
  shardMegabytes: integerIn(1, 2048)(shardDefaults.bytes >> 20, 'size of a shard, at most'),
  tenant: name('local', 'tenant_id, the first folder of the output tree'),
  pipeline: name('player-crops', 'pipeline_name in the output tree'),
  runGuid: optional(name, 'run_guid in the output tree; a new UUID unless given'),
  from: oneOf(
    'video',
    'detections',
    'crops',
  )(
    'video',
    'begin with what an earlier run of this video has kept: its detections, or its original crops as well',
  ),
  earlier: optional(
    path,
    'that run: its video_… folder, here or in a bucket; the last complete one of this video unless given',
  ),
  resume: how(false, 'go on with the last run of this video that was not completed'),
  checkpointFrames: integerIn(1, 1e6, false)(100, 'what is done is kept each time so many frames are'),

  fps: optional(
    numberIn(0.001, 1000),
    `frames a second to look at; ${defaultSampling.fps} unless another is given`,
  ),
  every: optional(integerIn(1, 1e9), 'look at every N-th frame instead'),
  frames: optional(
    integerIn(1, 1e6),
    'look at N frames equally spaced over the video instead; no tracking then',
  ),
  lenient: yes(
    false,
    'keep what can be read of a damaged or truncated video, and leave out frames that a step fails on, instead of failing',
  ),

  model: path(defaultModelPath, 'ONNX model, with a models.json beside it'),
  confidence: numberIn(0.01, 1)(
    trackDefaults.highThreshold,
    'confidence from which a detection is believed; a track begins a sixth of the way from there to 1',
  ),
  nmsIou: numberIn(0, 1)(nanodetDefaults.nmsIou, 'of two boxes that overlap more, the fainter goes'),
  inputSize: setting('a multiple of 32 from 160 to 4096', z.int().min(160).max(4096).multipleOf(32))(
    nanodetDefaults.inputSize,
    'long side, in pixels, to which a frame is scaled for the detector',
  ),
  classes: words(nanodetDefaults.classes.map(String), 'classes of the model to look for'),
  pitchFilter: yes(true, 'keep whoever is found, wherever they stand: a hall, a street'),

  grassSamples: integerIn(1, 50)(
    surfaceDefaults.sampleFrames,
    'frames from which the colors of the pitch are learnt',
  ),
  grassTop: numberIn(0, 0.9)(surfaceDefaults.topCropRatio, 'top of those frames left out, as a fraction'),
  grassBottom: numberIn(0, 0.9)(
    surfaceDefaults.bottomCropRatio,
    'bottom of those frames left out, as a fraction',
  ),
  grassSensitivity: numberIn(0.5, 10)(surfaceDefaults.sensitivity, 'the larger, the more is taken for grass'),
  replacementColor: color(
    [...surfaceDefaults.replacementColor],
    'color that takes the place of the background',
  ),
  backgroundRemoval: yes(true, 'leave the background as it is'),

  lostSeconds: numberIn(0, 60)(
    trackDefaults.lostSeconds,
    'how long a player may be out of sight and keep the track',
  ),

  padding: numberIn(0, 1)(cropDefaults.padding, 'added on each side of a crop, as a fraction of the box'),
  minHeight: integerIn(5, 4096)(cropDefaults.minHeight, 'height in pixels under which a player is dropped'),

  split: oneOf('time', 'identity')(
    splitDefaults.by,
    'what goes to one side together: stretches of time, or tracks',
  ),
  valRatio: numberIn(0, 1)(splitDefaults.valRatio, 'share of the crops that validates'),
  splitPeriod: numberIn(1, 36_000)(
    splitDefaults.periodSeconds,
    'seconds from one stretch of training to the next',
  ),
  splitGap: numberIn(0, 3600)(splitDefaults.gapSeconds, 'seconds dropped between training and validation'),

  augment: integerIn(0, 50)(augmentDefaults.variants, 'variants made of each train crop'),
  seed: integerIn(0, Number.MAX_SAFE_INTEGER)(0, 'the same seed gives the same dataset'),
  quality: integerIn(1, 100)(jpegDefaults.quality, 'JPEG quality'),
  chroma: oneOf('4:4:4', '4:2:0')(jpegDefaults.chromaSubsampling, 'JPEG chroma subsampling'),
  persist: oneOf(
    'final',
    'checkpoint',
    'all',
  )('final', 'what is kept beside the dataset: nothing, the original crops, or all intermediate images'),
  saveFrames: yes(false, 'also write the frames that were looked at'),
  saveCrops: yes(false, 'also write the crops before and after background removal'),

  workers: optional(integerIn(1, 256, false), 'worker threads; one per core unless given'),
  slots: optional(
    integerIn(1, 1024, false),
    'frames alive at most; twice the workers, and two, unless given',
  ),
  maxMemory: optional(
    integerIn(100, 1e7, false),
    'megabytes to get by with, ffmpeg included: fits workers and slots to them, and stops when it takes more',
  ),
  ffmpeg: optional(path, 'ffmpeg to use instead of the one that is found'),
  ffprobe: optional(path, 'ffprobe to use instead of the one that is found'),
  metricsPort: optional(
    integerIn(0, 65_535, false),
    'serve /metrics, /healthz and /readyz there while it runs; 0 takes a free port',
  ),
  pushgateway: optional(url, 'Prometheus Pushgateway that the metrics are pushed to at the end'),
  metricsTextfile: optional(path, 'file for the textfile collector of node_exporter, written at the end'),
  report: how(false, 'write report.html beside the dataset: what was seen, kept and dropped'),
  preview: how(false, 'write preview.mp4 beside the dataset: the frames with boxes and track ids'),
  logFormat: oneOf('text', 'json')(
    'text',
    'json: one object a line on standard error, for a log collector',
    false,
  ),
  quiet: how(false, 'say nothing but errors'),
  verbose: how(false, 'with an error, say where in the code it came from'),
}

type Values<S> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never }

/** All settings, checked and complete. */
export type Config = Values<typeof settings>
/** What a user gives: any of them. */
export type Options = { readonly [K in keyof Config]?: Config[K] | undefined }
export type SettingName = keyof Config

/** `nmsIou` is `--nms-iou` on the command line. */
export const flagOf = (key: string): string =>
  `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

/**
 * Checks what a user gave and fills in the rest.
 * @throws UsageError that names the first setting that is unknown, malformed or at odds with another.
 */
export function configure(options: Options): Config {
  const config: Record<string, unknown> = {}
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(settings, key))
      throw new UsageError(expected(`one of ${Object.keys(settings).join(', ')}`, 'an option', key))
  }
  for (const [key, { schema, expects, default: standard }] of Object.entries(settings)) {
    // Its own, not what some program has put on every object.
    const given = Object.hasOwn(options, key) ? options[key as SettingName] : undefined
    const checked = schema.safeParse(given ?? standard)
    if (!checked.success) throw new UsageError(expected(expects, flagOf(key), given))
    config[key] = checked.data
  }
  const complete = config as Config
  if (isGcsUrl(complete.out)) checkPrefix(complete.out)
  const sampling = (['fps', 'every', 'frames'] as const).filter(key => complete[key] !== undefined)
  if (sampling.length > 1)
    throw new UsageError(expected('one way of sampling', '--fps, --every and --frames', sampling))
  if (complete.grassTop + complete.grassBottom >= 1) {
    throw new UsageError(
      expected(
        'less than 1 together',
        '--grass-top and --grass-bottom',
        complete.grassTop + complete.grassBottom,
      ),
    )
  }
  return complete
}

/** Now, and not when the video has been fetched. The tree below it takes up to 500 bytes of an object's name. */
function checkPrefix(out: string): void {
  if (Buffer.byteLength(parseGcsUrl(out, '--out').path) > 524)
    throw new UsageError(expected('a prefix of at most 524 bytes', '--out', out))
}

/** The settings that the dataset depends on: what the manifest records. */
export function datasetOptions(config: Config): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).filter(([key]) => settings[key as SettingName].shapesDataset),
  )
}
