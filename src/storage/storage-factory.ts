import { readdir, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Storage } from '@google-cloud/storage'
import type { ClientOptions } from './client.js'
import { Folder } from './folder.js'
import { checkObjectName, type GcsPlace, isGcsUrl, parseGcsUrl } from './gcs.js'
import { type RequestOptions, Requests, requestDefaults } from './requests.js'
import type { SharedStore } from './store.js'
import { type OnUploaded, UploadWindow, uploadWindowDefaults } from './upload-window.js'

/** Most files written to a disk at once; more would only queue in the operating system. */
const diskParallel = 8

/** Opens the stores of one run, which share a Cloud Storage client, request counts and an upload window. */
export class StorageFactory {
  readonly window: UploadWindow
  readonly requests: Requests
  #client: Promise<Storage> | undefined

  /** @param out folder or `gs://bucket/prefix`. @param waitingBytes see UploadWindowOptions. */
  constructor(
    readonly out: string,
    readonly access: ClientOptions,
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

  /** The Cloud Storage client, created by the first call. */
  client(): Promise<Storage> {
    this.#client ??= import('./client.js').then(({ openStorage }) => openStorage(this.access))
    return this.#client
  }

  /**
   * Finds the folders `run_…/video_…` below `parts` whose names begin with `run` and `video` and that contain
   * the object or folder `name`.
   * @param name of an object, or of a folder when it ends with a slash.
   * @returns for each folder its path and when `name` last changed, milliseconds since 1970.
   */
  async findRuns(
    parts: readonly string[],
    [run, video]: readonly [run: string, video: string],
    name: string,
  ): Promise<{ readonly path: string; readonly changedMs: number }[]> {
    if (isGcsUrl(this.out)) {
      const { BucketStore } = await import('./bucket.js')
      const store = new BucketStore(await this.client(), this.#prefixFor(parts), this.requests)
      const glob = `${run}*/${video}*/${name}${name.endsWith('/') ? '**' : ''}`
      const latest = new Map<string, number>()
      for (const { path, changedMs } of await store.list(run, glob)) {
        const folder = path.split('/', 2).join('/')
        latest.set(folder, Math.max(changedMs, latest.get(folder) ?? 0))
      }
      return [...latest].map(([path, changedMs]) => ({ path, changedMs }))
    }
    const subfolders = async (folder: string, prefix: string): Promise<string[]> => {
      const names = await readdir(join(this.out, ...parts, folder)).catch(() => [])
      return names.filter(name => name.startsWith(prefix)).map(name => join(folder, name))
    }
    const runs = await subfolders('', run)
    const folders = (await Promise.all(runs.map(folder => subfolders(folder, video)))).flat()
    const found = folders.map(async path => {
      const stats = await stat(join(this.out, ...parts, path, name)).catch(() => undefined)
      return stats === undefined ? [] : [{ path: path.replaceAll(sep, '/'), changedMs: stats.mtimeMs }]
    })
    return (await Promise.all(found)).flat()
  }

  /** The store at a path or a `gs://` URL, for reading. @param name of the setting, for errors. */
  async at(location: string, name: string): Promise<SharedStore> {
    if (!isGcsUrl(location)) return Folder.at(location)
    const { BucketStore } = await import('./bucket.js')
    return new BucketStore(await this.client(), parseGcsUrl(location, name), this.requests)
  }

  /** The store `parts` below `out`. */
  async open(...parts: readonly string[]): Promise<SharedStore> {
    if (!isGcsUrl(this.out)) return Folder.open(join(this.out, ...parts), this.out)
    const { BucketStore } = await import('./bucket.js')
    return new BucketStore(await this.client(), this.#prefixFor(parts), this.requests)
  }

  #prefixFor(parts: readonly string[]): GcsPlace {
    const { bucket, path } = parseGcsUrl(this.out, '--out')
    const prefix = [path, ...parts].filter(part => part !== '').join('/')
    checkObjectName(prefix, '--out')
    return { bucket, path: prefix }
  }
}
