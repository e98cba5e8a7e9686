import { expected, UsageError } from '../common/errors.js'
import { formatMegabytes } from '../common/format.js'
import { defaultWorkers } from '../runtime/worker-pool.js'
import { decoderThreads, workersPerDecoder } from '../sources/ffmpeg-reading.js'
import type { VideoInfo } from '../sources/probe.js'
import { framesAhead } from '../sources/video-reader.js'
import { uploadWindowDefaults } from '../storage/upload-window.js'
import { familyNamed } from '../vision/detectors/families.js'
import type { Model } from '../vision/detectors/model.js'
import { sizeOf } from '../vision/detectors/model-file.js'
import { inputOf } from '../vision/detectors/views.js'
import { planesBytes } from '../vision/imaging/planes.js'
import { viewsOf } from './fit-detector.js'
import type { RunConfig } from './settings.js'

/**
 * Memory model of a run. Measured on Linux from the peak of whole runs (1080p and 8K; inputs of 320 to 1920 pixels;
 * 1 to 4 workers; 2 to 16 slots): they took 3 to 20 % less than the sum of these. The first two are 20 less each since sharp, zod
 * and ONNX Runtime are no longer loaded where they are not used: 1080p with 1 to 3 workers takes 6 to 21 % less.
 */
const cost = {
  /** Bytes of Node, the code and the main thread's heap, before the first worker. */
  process: 180e6,
  /** Bytes of a worker: its heap and its libraries. */
  worker: 40e6,
  /**
   * Copies of the model that a worker holds while it creates its session: the bytes, the graph parsed from them and the
   * weights prepared for its kernels. Measured with 8 to 110 MB: 2.5 to 3.2.
   */
  modelCopies: 3,
  /**
   * Bytes of a worker's detector, for each pixel of its input: the arena of ONNX Runtime. Of families that do not state
   * theirs; measured with RT-DETR-L and Faster R-CNN, less their weights: 180 to 270.
   */
  inputPixel: 400,
  /** For each further call of the network for a frame, as for tiles: its input. */
  callPixel: 12,
  /** Bytes of a worker's network for background removal: measured with 1 to 4 sessions. */
  person: 14e6,
  /** Share of a frame that a worker needs to scale one down. */
  scaling: 1 / 3,
  /** Share of a frame for all of its crops. A worker holds them before and after background removal and as variants. */
  crops: 0.08,
  /** Size of a JPEG as a share of its crop; JPEGs wait in the slot of their frame. */
  jpeg: 1 / 4,
  /** Bytes per frame of the video: timestamps, in this process and in ffmpeg. */
  videoFrame: 100,
  /** Bytes of ffmpeg itself. */
  ffmpeg: 40e6,
  /** Frames in ffmpeg besides one per thread: reference frames of the decoder, and frames being converted. */
  decoding: 6,
  /** The same for samples of more than 8 bits. */
  decodingDeep: 10,
  /** Bytes of the encoder of the preview, and of the thumbnails of the report. */
  preview: 120e6,
  report: 40e6,
} as const

/** Shards in memory at once: an open one per subset, and one being assembled. */
const shardsAtOnce = 3

/** Share of the memory for data that waits to be written. */
const windowShare = 1 / 16

/** What a run takes of the machine. */
export interface Capacity {
  readonly workers: number
  readonly slots: number
  /** ffmpeg processes that decode at a time. */
  readonly decoders: number
}

/** Bytes that may wait to be written. */
export function waitingBytesFor({ maxMemory }: Pick<RunConfig, 'maxMemory'>): number {
  const { waitingBytes } = uploadWindowDefaults
  return maxMemory === undefined ? waitingBytes : Math.min(waitingBytes, maxMemory * 1e6 * windowShare)
}

/**
 * The configured number of workers and slots or, without it, as many as fit into `--max-memory`: workers first, then
 * slots. Without `--workers` there is at least one slot more than workers.
 * @throws UsageError when the minimum does not fit: the configured numbers, else one worker and two slots.
 */
export function capacityFor(config: RunConfig, info: VideoInfo, model: Model): Capacity {
  const most = config.workers ?? defaultWorkers()
  if (config.maxMemory === undefined) return withDecoders(config, most, usualSlots(config, most))
  const limit = config.maxMemory * 1e6
  const fixed = (workers: number) => fixedBytes(config, info, workers) + sizeOf(model)
  const forAll = limit - waitingBytesFor(config)
  const [worker, slot] = [workerBytes(config, info, model), slotBytes(config, info)]
  for (let workers = most; workers >= (config.workers ?? 1); workers--) {
    // With --workers, fewer slots than workers are allowed.
    const least = config.slots ?? (config.workers === undefined ? workers + 1 : 2)
    const fitting = Math.floor((forAll - fixed(workers) - workers * worker) / slot)
    const slots = Math.min(usualSlots(config, workers), fitting)
    if (slots >= least) return withDecoders(config, workers, slots)
  }
  const [workers, slots] = [config.workers ?? 1, config.slots ?? 2]
  throw new UsageError(
    `${expected(`at least ${leastFor(fixed(workers) + workers * worker + slots * slot)}`, '--max-memory', config.maxMemory)}: of ${info.width}x${info.height}, ` +
      `${workers} ${workers === 1 ? 'worker takes' : 'workers take'} ${formatMegabytes(workers * worker)}, ` +
      `${slots} slots ${formatMegabytes(slots * slot)} and all else ${formatMegabytes(fixed(workers))}; ` +
      `${remedies(config).join(', ')} would take less`,
  )
}

const decodersFor = ({ decoders }: Pick<RunConfig, 'decoders'>, workers: number): number =>
  decoders === 'auto' ? Math.ceil(workers / workersPerDecoder) : decoders

const workerSlots = (workers: number): number => 2 * workers + 2

const usualSlots = (config: RunConfig, workers: number): number =>
  config.slots ?? workerSlots(workers) + framesAhead * (decodersFor(config, workers) - 1)

/** By itself a run takes only as many decoders as there are slots for, besides those that the workers need. */
function withDecoders(config: RunConfig, workers: number, slots: number): Capacity {
  const carried = 1 + Math.max(0, Math.floor((slots - workerSlots(workers)) / framesAhead))
  const wanted = decodersFor(config, workers)
  return { workers, slots, decoders: config.decoders === 'auto' ? Math.min(wanted, carried) : wanted }
}

/** The smallest `--max-memory`, in megabytes, that leaves `bytes` besides the share for waiting writes. */
const leastFor = (bytes: number): number =>
  Math.ceil(Math.min(bytes / (1 - windowShare), bytes + uploadWindowDefaults.waitingBytes) / 1e6)

function fixedBytes(config: RunConfig, info: VideoInfo, workers: number): number {
  const shards = config.layout === 'shards' ? shardsAtOnce * config.shardMegabytes * 2 ** 20 : 0
  const extras = (config.preview ? cost.preview : 0) + (config.report ? cost.report : 0)
  const ofVideo = info.frameCount * cost.videoFrame
  return cost.process + ofVideo + decodingBytes(config, info, workers) + shards + extras
}

function decodingBytes(config: RunConfig, info: VideoInfo, workers: number): number {
  const deep = /(p0?|gray)1[0246]|48|64/.test(info.pixelFormat)
  const buffered = (deep ? cost.decodingDeep : cost.decoding) + decoderThreads
  return decodersFor(config, workers) * (cost.ffmpeg + frameBytes(info) * buffered)
}

/** For the largest input that the video may call for: it is chosen after the workers have started. */
function workerBytes(config: RunConfig, info: VideoInfo, model: Model): number {
  const { augment = 0 } = config
  const arena = familyNamed(model.family).bytesPerPixel ?? cost.inputPixel
  const inputs = viewsOf(config, model, info).views.map(view => {
    const { pixels, calls } = inputOf(view, info, model.input)
    return pixels * (arena + (calls - 1) * cost.callPixel)
  })
  const frame = frameBytes(info) * (cost.scaling + cost.crops * (2 + augment))
  const person = mayNeedPerson(config) ? cost.person : 0
  return cost.worker + cost.modelCopies * sizeOf(model) + Math.max(...inputs) + person + frame
}

/** Only the video tells whether its surface has colors that separate people. */
const mayNeedPerson = ({ background, backgroundRemoval }: RunConfig): boolean =>
  backgroundRemoval === true && (background === 'auto' || background === 'person')

const slotBytes = ({ augment = 0 }: RunConfig, info: VideoInfo): number =>
  planesBytes(info) + frameBytes(info) * cost.crops * cost.jpeg * (1 + augment)

const frameBytes = ({ width, height }: VideoInfo): number => width * height * 3

function remedies({ workers, slots, decoders, layout }: RunConfig): string[] {
  return [
    ...(workers !== undefined && workers > 1 ? ['fewer --workers'] : []),
    ...(slots !== undefined && slots > 2 ? ['fewer --slots'] : []),
    ...(decoders !== 'auto' && decoders > 1 ? ['fewer --decoders'] : []),
    'a smaller --input-size',
    // Not reduced automatically: the shard size changes the dataset.
    ...(layout === 'shards' ? ['smaller shards (--shard-megabytes)'] : []),
  ]
}
