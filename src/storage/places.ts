import { join } from 'node:path'
import type { Storage } from '@google-cloud/storage'
import { Folder } from './folder.js'
import { checkObjectName, isGcsUrl, parseGcsUrl } from './gcs.js'
import { type RequestOptions, Requests, requestDefaults } from './requests.js'
import type { Store } from './store.js'
import { type OnUploaded, UploadWindow, uploadWindowDefaults } from './upload-window.js'

/** Files being written to a disk at once; more would only queue in the operating system. */
const diskParallel = 8

/** The storage of one run: the client, opened when it is first needed, and what all its users share. */
export class Places {
  readonly window: UploadWindow
  readonly requests: Requests
  #client: Promise<Storage> | undefined

  /** @param out folder or `gs://bucket/prefix`. @param endpoint of an emulator. */
  constructor(
    readonly out: string,
    readonly endpoint: string | undefined,
    options: Partial<RequestOptions> = {},
    onUploaded?: OnUploaded,
  ) {
    const { parallel, waitingBytes } = uploadWindowDefaults
    this.window = new UploadWindow(
      { parallel: isGcsUrl(out) ? parallel : diskParallel, waitingBytes },
      onUploaded,
    )
    this.requests = new Requests({ ...requestDefaults, ...options }, () => this.window.throttle())
  }

  /** Opened when it is first asked for. */
  client(): Promise<Storage> {
    this.#client ??= import('./client.js').then(({ openStorage }) => openStorage(this.endpoint))
    return this.#client
  }

  /** A new store `parts` below `out`, with nothing in it. */
  async open(...parts: readonly string[]): Promise<Store> {
    if (!isGcsUrl(this.out)) return Folder.create(join(this.out, ...parts), this.out)
    const { bucket, path } = parseGcsUrl(this.out, '--out')
    const prefix = [path, ...parts].filter(part => part !== '').join('/')
    checkObjectName(prefix, '--out')
    const { BucketStore } = await import('./bucket.js')
    return new BucketStore(await this.client(), { bucket, path: prefix }, this.requests)
  }
}
