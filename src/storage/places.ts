import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Storage } from '@google-cloud/storage'
import { Folder } from './folder.js'
import { checkObjectName, type GcsPlace, isGcsUrl, parseGcsUrl } from './gcs.js'
import { type RequestOptions, Requests, requestDefaults } from './requests.js'
import type { SharedStore } from './store.js'
import { type OnUploaded, UploadWindow, uploadWindowDefaults } from './upload-window.js'

/** Files being written to a disk at once; more would only queue in the operating system. */
const diskParallel = 8

/** The storage of one run: the client, opened when it is first needed, and what all its users share. */
export class Places {
  readonly window: UploadWindow
  readonly requests: Requests
  #client: Promise<Storage> | undefined

  /** @param out folder or `gs://bucket/prefix`. @param endpoint of an emulator. @param waitingBytes as of an UploadWindow. */
  constructor(
    readonly out: string,
    readonly endpoint: string | undefined,
    options: Partial<RequestOptions> = {},
    onUploaded?: OnUploaded,
    waitingBytes = uploadWindowDefaults.waitingBytes,
  ) {
    const { parallel } = uploadWindowDefaults
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

  /**
   * The runs below `parts`, folders `run_…`, in which there is an object `path`: without the prefix, and when that
   * object was last changed.
   */
  async runsWith(parts: readonly string[], path: string): Promise<{ name: string; changedMs: number }[]> {
    if (isGcsUrl(this.out)) {
      const { BucketStore } = await import('./bucket.js')
      const store = new BucketStore(await this.client(), this.#placeOf(parts), this.requests)
      const listed = await store.list('run_', `run_*/${path}`)
      return listed.map(({ path, changedMs }) => ({ name: path.slice(4, path.indexOf('/')), changedMs }))
    }
    const folder = join(this.out, ...parts)
    const names = (await readdir(folder).catch(() => [])).filter(name => name.startsWith('run_'))
    const found = names.map(async name => {
      const stats = await stat(join(folder, name, path)).catch(() => undefined)
      return stats === undefined ? [] : [{ name: name.slice(4), changedMs: stats.mtimeMs }]
    })
    return (await Promise.all(found)).flat()
  }

  /** What lies at a path or below a `gs://` URL, to read from. */
  async at(location: string, name: string): Promise<SharedStore> {
    if (!isGcsUrl(location)) return Folder.at(location)
    const { BucketStore } = await import('./bucket.js')
    return new BucketStore(await this.client(), parseGcsUrl(location, name), this.requests)
  }

  /** The store `parts` below `out`. */
  async open(...parts: readonly string[]): Promise<SharedStore> {
    if (!isGcsUrl(this.out)) return Folder.open(join(this.out, ...parts), this.out)
    const { BucketStore } = await import('./bucket.js')
    return new BucketStore(await this.client(), this.#placeOf(parts), this.requests)
  }

  #placeOf(parts: readonly string[]): GcsPlace {
    const { bucket, path } = parseGcsUrl(this.out, '--out')
    const prefix = [path, ...parts].filter(part => part !== '').join('/')
    checkObjectName(prefix, '--out')
    return { bucket, path: prefix }
  }
}
