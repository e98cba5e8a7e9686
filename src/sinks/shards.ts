import { createHash } from 'node:crypto'
import { type Pack, pack } from 'tar-stream'
import type { Store } from '../storage/store.js'
import type { UploadWindow } from '../storage/upload-window.js'
import type { ImageFile, Sample, Subset } from '../types.js'
import { FilesSink, type ImageSink, type RecordObject } from './files.js'

export interface ShardOptions {
  /** Largest size of a shard; one larger sample gets a shard of its own. */
  readonly bytes: number
  /** Largest number of samples in a shard. */
  readonly samples: number
  /** The source video, in the record of every sample. */
  readonly video: { readonly video_guid: string; readonly sha256: string }
}

export const shardDefaults: Omit<ShardOptions, 'video'> = { bytes: 32 << 20, samples: 10_000 }

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
    const bytes = sizeOf(entries)
    if (shard === undefined || !shard.hasRoomFor(bytes, this.options)) {
      if (shard !== undefined) await this.#finish(shard)
      shard = new Shard(subset, shard === undefined ? (unfinished?.number ?? 0) : shard.number + 1)
      this.#open.set(subset, shard)
      this.onStart({ subset, number: shard.number, path, frame: frameIndex })
    }
    shard.add(entries, bytes)
  }

  async flush(): Promise<void> {
    for (const shard of this.#open.values()) await this.#finish(shard)
    this.#open.clear()
    await this.#files.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]()
  }

  async #finish(shard: Shard): Promise<void> {
    const bytes = await shard.end()
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await this.window.add(bytes.length, () => this.store.write(shard.path, bytes), shard.samples)
    await this.record(
      { path: shard.path, bytes: bytes.length, sha256, samples: shard.samples },
      this.#lastFrame,
    )
  }
}

interface Entry {
  readonly name: string
  readonly bytes: Uint8Array | string
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

/** Block size of a tar archive, in bytes. */
const BLOCK = 512

class Shard {
  readonly path: string
  readonly #tar: Pack = pack()
  readonly #chunks: Buffer[] = []
  readonly #packed = new Promise<void>(resolve => this.#tar.once('end', resolve))
  #bytes = 0
  samples = 0

  constructor(
    subset: Subset,
    readonly number: number,
  ) {
    this.path = `datasets/${subset}/${subset}-${String(number).padStart(6, '0')}.tar`
    this.#tar.on('data', chunk => this.#chunks.push(chunk as Buffer))
  }

  /** An empty shard has room for anything. */
  hasRoomFor(more: number, { bytes, samples }: ShardOptions): boolean {
    return this.samples === 0 || (this.samples < samples && this.#bytes + more <= bytes)
  }

  /** @param size of the entries in the archive, in bytes. */
  add(entries: readonly Entry[], size: number): void {
    for (const { name, bytes } of entries) {
      // Owner, mode and time are constant, so that equal shards have equal bytes.
      const header = { name, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) }
      this.#tar.entry(header, typeof bytes === 'string' ? bytes : Buffer.from(bytes))
    }
    this.#bytes += size
    this.samples++
  }

  async end(): Promise<Buffer> {
    this.#tar.finalize()
    await this.#packed
    return Buffer.concat(this.#chunks)
  }
}

const sizeOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { bytes }) => sum + BLOCK + Math.ceil(Buffer.byteLength(bytes) / BLOCK) * BLOCK, 0)
