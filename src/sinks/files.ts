import type { Sink } from '../runtime/sink.js'
import type { MadeObject, Store } from '../storage/store.js'
import type { UploadWindow } from '../storage/upload-window.js'
import type { ImageFile } from '../types.js'

/** Puts an object that is written, or on its way, on record: in the order of the calls, with the frame that ended it. */
export type RecordObject = (object: MadeObject, frameIndex: number) => Promise<void>

/** A sink of images that says when all of them are durable. */
export interface ImageSink extends Sink<ImageFile> {
  /** Images of the dataset that were written; intermediate ones do not count. */
  readonly samples: number
  /** No image comes any more. Resolves when every one is in its place and on record; rejects with the first that is not. */
  flush(): Promise<void>
}

/** Writes each image as an object of its own. */
export class FilesSink implements ImageSink {
  readonly name = 'write'

  /** @param samples images of the dataset that there are already. */
  constructor(
    readonly store: Store,
    readonly enlist: RecordObject,
    readonly window: UploadWindow,
    public samples = 0,
  ) {}

  get waitedMs(): number {
    return this.window.waitedMs
  }

  async write({ path, bytes, sha256, sample, frameIndex }: ImageFile): Promise<void> {
    if (sample !== undefined) this.samples++
    await this.window.add(bytes.length, () => this.store.write(path, bytes))
    await this.enlist({ path, bytes: bytes.length, sha256 }, frameIndex)
  }

  flush(): Promise<void> {
    return this.window.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.window.flush().catch(() => {}) // told to whoever wrote; here only the end matters
  }
}
