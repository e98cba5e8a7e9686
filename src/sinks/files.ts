import type { Sink } from '../runtime/sink.js'
import type { MadeObject, Store } from '../storage/store.js'
import type { UploadWindow } from '../storage/upload-window.js'
import type { ImageFile } from '../types.js'

/**
 * Records an object that is written or being uploaded, for the manifest and the checkpoint; the order of the calls is the
 * order in the manifest.
 * @param frameIndex of the last frame in the object.
 */
export type RecordObject = (object: MadeObject, frameIndex: number) => Promise<void>

/** A sink of images that can wait until all of them are durable. */
export interface ImageSink extends Sink<ImageFile> {
  /** Number of written images of the dataset; intermediate images do not count. */
  readonly samples: number
  /** Call it after the last image. Resolves when all are durable and recorded; rejects with the first failure. */
  flush(): Promise<void>
}

/** Writes each image as a separate object. */
export class FilesSink implements ImageSink {
  readonly name = 'write'

  /** @param samples number of images of the dataset that an earlier process of the run has written. */
  constructor(
    readonly store: Store,
    readonly record: RecordObject,
    readonly window: UploadWindow,
    public samples = 0,
  ) {}

  get waitedMs(): number {
    return this.window.waitedMs
  }

  async write({ path, bytes, sha256, sample, frameIndex }: ImageFile): Promise<void> {
    if (sample !== undefined) this.samples++
    await this.window.add(bytes.length, () => this.store.write(path, bytes))
    await this.record({ path, bytes: bytes.length, sha256 }, frameIndex)
  }

  flush(): Promise<void> {
    return this.window.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.window.flush().catch(() => {}) // `write` or `flush` has reported the failure
  }
}
