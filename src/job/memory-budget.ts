import { expected, UsageError } from '../common/errors.js'
import { formatMegabytes } from '../common/format.js'
import { defaultWorkers } from '../runtime/worker-pool.js'
import { decoderThreads } from '../sources/decoder.js'
import type { VideoInfo } from '../sources/probe.js'
import { uploadWindowDefaults } from '../storage/upload-window.js'
import { inputFit } from '../vision/detectors/preprocess.js'
import type { RunConfig } from './settings.js'

/**
 * What a run takes, by what it is made of. Measured on Linux by the peak of whole runs (1080p and 8K; inputs of
 * 320 to 1920 pixels; 1 to 4 workers; 2 to 16 slots): they took 3 to 20 % less than the sum of these.
 */
const cost = {
  /** Bytes of Node, the code, the main thread's heap and the model, before the first worker. */
  process: 200e6,
  /** Bytes of a worker: its heap, its libraries, its copy of the model. */
  worker: 80e6,
  /** Bytes of a worker's detector, for each pixel of its input: the arena of ONNX Runtime. */
  inputPixel: 160,
  /** Of a frame: what a worker keeps to scale one down. */
  scaling: 1 / 3,
  /** Of a frame: all players of it cut out. A worker holds them before and after background removal and as variants. */
  crops: 0.08,
  /** Of its crop: an image as JPEG, which waits for its turn in a slot. */
  jpeg: 1 / 4,
  /** Bytes for each frame that the video holds: its times, ours and ffmpeg's. */
  videoFrame: 100,
  /** Bytes of ffmpeg itself. */
  ffmpeg: 40e6,
  /** Frames that ffmpeg holds beside one for each thread: the decoder's references, and those being converted. */
  decoding: 6,
  /** The same where a sample has more than 8 bits. */
  decodingDeep: 10,
  /** Bytes of the encoder of the preview, and of the thumbnails of the report. */
  preview: 120e6,
  report: 40e6,
} as const

/** Shards that may be in memory at once: an open one for each subset, and one being put together. */
const shardsAtOnce = 3

/** Share of the memory for what waits to be written. */
const windowShare = 1 / 16

/** How much of everything a run has. */
export interface Capacity {
  readonly workers: number
  readonly slots: number
}

/** Bytes that may wait to be written, of those that a run may take. */
export function waitingBytesFor({ maxMemory }: Pick<RunConfig, 'maxMemory'>): number {
  const { waitingBytes } = uploadWindowDefaults
  return maxMemory === undefined ? waitingBytes : Math.min(waitingBytes, maxMemory * 1e6 * windowShare)
}

/**
 * As many workers and slots as were asked for, or fit into `--max-memory`: workers first, then slots, of which
 * each needs one to work on and one more to wait.
 * @throws UsageError when not even the least fits: what was asked for, else one worker and two slots.
 */
export function capacityFor(config: RunConfig, info: VideoInfo): Capacity {
  const usual = (workers: number) => config.slots ?? 2 * workers + 2
  const most = config.workers ?? defaultWorkers()
  if (config.maxMemory === undefined) return { workers: most, slots: usual(most) }
  const limit = config.maxMemory * 1e6
  const fixed = fixedBytes(config, info)
  const forAll = limit - waitingBytesFor(config)
  const [worker, slot] = [workerBytes(config, info), slotBytes(config, info)]
  for (let workers = most; workers >= (config.workers ?? 1); workers--) {
    // Given workers may share the slots that there are.
    const least = config.slots ?? (config.workers === undefined ? workers + 1 : 2)
    const slots = Math.min(usual(workers), Math.floor((forAll - fixed - workers * worker) / slot))
    if (slots >= least) return { workers, slots }
  }
  const [workers, slots] = [config.workers ?? 1, config.slots ?? 2]
  throw new UsageError(
    `${expected(`at least ${leastFor(fixed + workers * worker + slots * slot)}`, '--max-memory', config.maxMemory)}: of ${info.width}x${info.height}, ` +
      `${workers} ${workers === 1 ? 'worker takes' : 'workers take'} ${formatMegabytes(workers * worker)}, ` +
      `${slots} slots ${formatMegabytes(slots * slot)} and all else ${formatMegabytes(fixed)}; ` +
      `${remedies(config).join(', ')} would take less`,
  )
}

/** Megabytes of which so many bytes are left when what waits to be written has its share. */
const leastFor = (bytes: number): number =>
  Math.ceil(Math.min(bytes / (1 - windowShare), bytes + uploadWindowDefaults.waitingBytes) / 1e6)

function fixedBytes(config: RunConfig, info: VideoInfo): number {
  const shards = config.layout === 'shards' ? shardsAtOnce * config.shardMegabytes * 2 ** 20 : 0
  const extras = (config.preview ? cost.preview : 0) + (config.report ? cost.report : 0)
  const ofVideo = info.frameCount * cost.videoFrame
  return cost.process + ofVideo + ffmpegBytes(info) + shards + extras
}

function ffmpegBytes(info: VideoInfo): number {
  const deep = /(p0?|gray)1[0246]|48|64/.test(info.pixelFormat)
  return cost.ffmpeg + frameBytes(info) * ((deep ? cost.decodingDeep : cost.decoding) + decoderThreads)
}

function workerBytes({ inputSize = 0, augment = 0 }: RunConfig, info: VideoInfo): number {
  const { inputWidth, inputHeight } = inputFit(info.width, info.height, inputSize, 32)
  const frame = frameBytes(info) * (cost.scaling + cost.crops * (2 + augment))
  return cost.worker + inputWidth * inputHeight * cost.inputPixel + frame
}

const slotBytes = ({ augment = 0 }: RunConfig, info: VideoInfo): number =>
  frameBytes(info) * (1 + cost.crops * cost.jpeg * (1 + augment))

const frameBytes = ({ width, height }: VideoInfo): number => width * height * 3

function remedies({ workers, slots, layout }: RunConfig): string[] {
  return [
    ...(workers !== undefined && workers > 1 ? ['fewer --workers'] : []),
    ...(slots !== undefined && slots > 2 ? ['fewer --slots'] : []),
    'a smaller --input-size',
    // Not ours to change: their size is a part of the dataset.
    ...(layout === 'shards' ? ['smaller shards (--shard-megabytes)'] : []),
  ]
}
