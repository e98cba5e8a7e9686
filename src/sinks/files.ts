import type { Sink } from '../runtime/sink.js'
import type { Store } from '../storage/store.js'
import type { UploadWindow } from '../storage/upload-window.js'
import type { ImageFile } from '../types.js'
import type { Manifest } from './manifest.js'

/** A sink of images that says when all of them are durable. */
export interface ImageSink extends Sink<ImageFile> {
  /** Images of the dataset that were written; intermediate ones do not count. */
  readonly samples: number
  /** Resolves when every image is in its place and in the manifest; rejects with the first that is not. */
  flush(): Promise<void>
}

/** Writes each image as an object of its own and lists it in the manifest, in the order of the calls. */
export class FilesSink implements ImageSink {
  readonly name = 'write'
  samples = 0

  constructor(
    readonly store: Store,
    readonly manifest: Manifest,
    readonly window: UploadWindow,
  ) {}

  get waitedMs(): number {
    return this.window.waitedMs
  }

  async write({ path, bytes, sha256, sample }: ImageFile): Promise<void> {
    if (sample !== undefined) this.samples++
    await this.window.add(bytes.length, () => this.store.write(path, bytes))
    await this.manifest.add({ path, bytes: bytes.length, sha256 })
  }

  flush(): Promise<void> {
    return this.window.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.window.flush().catch(() => {}) // told to whoever wrote; here only the end matters
  }
}
