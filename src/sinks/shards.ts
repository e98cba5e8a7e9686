import { createHash } from 'node:crypto'
import type { Store } from '../storage/store.js'
import type { UploadWindow } from '../storage/upload-window.js'
import type { ImageFile, Sample, Subset } from '../types.js'
import { FilesSink, type ImageSink, type RecordObject } from './files.js'
import { type Entry, type ShardLimits, shardLimits, shardName, TarShard } from './tar-shard.js'

export interface ShardOptions extends ShardLimits {
  /** The source video, in the record of every sample. */
  readonly video: { readonly video_guid: string; readonly sha256: string }
}

export const shardDefaults: Omit<ShardOptions, 'video'> = shardLimits

/** A shard that was started: its first image is `path`, from frame `frame`. */
export interface StartedShard {
  readonly subset: Subset
  readonly number: number
  readonly path: string
  readonly frame: number
}

/** State of the shards after an earlier process of the run. */
export interface ShardsResume {
  /** Images of frames below this index are already counted. */
  readonly next: number
  /** The unfinished shard of each subset. */
  readonly shards: ReadonlyMap<Subset, StartedShard>
  readonly samples: number
}

/**
 * Collects the images of each subset into WebDataset shards, `datasets/train/train-000000.tar`: for each sample a `.cls`
 * with the track's number, a `.jpg` and a `.json` with its origin. Only size and count end a shard, never the clock, so
 * equal runs make equal shards. Images that are not part of the dataset are written as files.
 */
export class ShardsSink implements ImageSink {
  readonly name = 'write'
  readonly #files: FilesSink
  readonly #open = new Map<Subset, Shard>()
  /** Resume position: earlier images are in finished shards. */
  readonly #unfinished: Map<Subset, StartedShard>
  #lastFrame = 0
  samples: number

  /** @param onStart called with each shard that is started. */
  constructor(
    readonly store: Store,
    readonly record: RecordObject,
    readonly window: UploadWindow,
    readonly options: ShardOptions,
    readonly onStart: (shard: StartedShard) => void = () => {},
    readonly resume?: ShardsResume,
  ) {
    this.#files = new FilesSink(store, record, window)
    this.#unfinished = new Map(resume?.shards)
    this.samples = resume?.samples ?? 0
  }

  get waitedMs(): number {
    return this.window.waitedMs
  }

  async write(file: ImageFile): Promise<void> {
    const { sample, frameIndex, path } = file
    const isCounted = frameIndex < (this.resume?.next ?? 0)
    if (sample === undefined) return isCounted ? undefined : this.#files.write(file)
    const { subset } = sample
    const unfinished = this.#unfinished.get(subset)
    if (unfinished !== undefined && unfinished.path !== path) return
    this.#unfinished.delete(subset)
    if (!isCounted) this.samples++
    this.#lastFrame = frameIndex
    const entries = entriesOf(file, sample, this.options.video)
    let shard = this.#open.get(subset)
    if (shard === undefined || !shard.tar.hasRoomFor(entries, this.options)) {
      if (shard !== undefined) await this.#finish(shard)
      const number = shard === undefined ? (unfinished?.number ?? 0) : shard.number + 1
      shard = { number, path: `datasets/${shardName(subset, number)}`, tar: new TarShard() }
      this.#open.set(subset, shard)
      this.onStart({ subset, number, path, frame: frameIndex })
    }
    shard.tar.add(entries)
  }

  async flush(): Promise<void> {
    for (const shard of this.#open.values()) await this.#finish(shard)
    this.#open.clear()
    await this.#files.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]()
  }

  async #finish({ path, tar }: Shard): Promise<void> {
    const bytes = await tar.end()
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await this.window.add(bytes.length, () => this.store.write(path, bytes), tar.samples)
    await this.record({ path, bytes: bytes.length, sha256, samples: tar.samples }, this.#lastFrame)
  }
}

interface Shard {
  readonly number: number
  readonly path: string
  readonly tar: TarShard
}

/** The entries of a sample, sorted by name, as some readers require. */
function entriesOf({ path, bytes }: ImageFile, sample: Sample, video: ShardOptions['video']): Entry[] {
  // Readers take everything up to the first dot as the key, and some include folders in it.
  const key = path.slice(`datasets/${sample.subset}/`.length, -'.jpg'.length).replaceAll('/', '_')
  const record = {
    ...video,
    path,
    subset: sample.subset,
    track_id: sample.trackId,
    frame_index: sample.frameIndex,
    pts_ms: sample.ptsMs,
    box: sample.xyxy,
    confidence: sample.confidence,
    class_id: sample.classId,
    class_name: sample.className ?? null,
    sharpness: sample.sharpness ?? null,
    augmentation: sample.augmentation,
    width: sample.width,
    height: sample.height,
  }
  return [
    { name: `${key}.cls`, bytes: String(sample.trackId) },
    { name: `${key}.jpg`, bytes },
    { name: `${key}.json`, bytes: JSON.stringify(record) },
  ]
}
