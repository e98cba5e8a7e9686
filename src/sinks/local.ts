import type { Sink } from '../runtime/sink.js'
import type { Folder } from '../storage/folder.js'
import type { ImageFile } from '../types.js'
import type { Manifest } from './manifest.js'

/** Files being written at once; more would only queue in the operating system. */
const MAX_WRITING = 8

/** Writes each image to a folder and lists it in the manifest, in the order of the calls. */
export class LocalSink implements Sink<ImageFile> {
  readonly name = 'write'
  readonly #writing = new Set<Promise<void>>()
  #failure: { error: unknown } | undefined

  constructor(
    readonly folder: Folder,
    readonly manifest: Manifest,
  ) {}

  async write({ path, bytes, sha256 }: ImageFile): Promise<void> {
    while (this.#writing.size >= MAX_WRITING) await Promise.race(this.#writing)
    if (this.#failure !== undefined) throw this.#failure.error
    const writing = this.folder
      .write(path, bytes)
      .catch(error => {
        this.#failure ??= { error }
      })
      .finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
    await this.manifest.add({ path, bytes: bytes.length, sha256 })
  }

  /** Resolves when every image is in its place; rejects with the first that is not. */
  async flush(): Promise<void> {
    await Promise.all(this.#writing)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writing)
  }
}
