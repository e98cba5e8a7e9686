import { createReadStream } from 'node:fs'
import { join } from 'node:path'

import { basename } from 'node:path/posix'
import { pipeline } from 'node:stream'
import { CRC32C, type File, type Bucket as GcsBucket, type Storage } from '@google-cloud/storage'
import { OutputError } from '../common/errors.js'
import { crc32cOf } from './client.js'
import { Folder } from './folder.js'
import { checkObjectName, type GcsPlace } from './gcs.js'
import { listFiles } from './list-files.js'
import { type OperationKind, type Requests, statusOf, TransientError } from './requests.js'
import { storageError } from './storage-error.js'
import type { ListedObject, ObjectStream, SharedStore } from './store.js'
import { TemporaryFolder } from './temporary-folder.js'
import { type Generation, type Send, upload } from './upload.js'

/** Another object has this name already. */
class ObjectExistsError extends OutputError {}

/**
 * Stores objects below a prefix of a bucket. Each object is written by one request with the precondition that
 * the name is free (`ifGenerationMatch: 0`), or has the content that it replaces, and with its CRC32C, so a retry can
 * neither duplicate nor replace one.
 */
export class BucketStore implements SharedStore {
  readonly root: string
  readonly #bucket: GcsBucket
  /** Of the names of its objects: empty for a whole bucket. */
  readonly #prefix: string
  /** Local disk space for objects that are written piece by piece. */
  #staging: Promise<{ readonly temporary: TemporaryFolder; readonly folder: Folder }> | undefined
  /** CRC32C of each object of an earlier process, by path. */
  readonly #existing = new Map<string, string | undefined>()

  constructor(
    client: Storage,
    readonly place: GcsPlace,
    readonly requests: Requests,
  ) {
    this.#prefix = place.path === '' ? '' : `${place.path}/`
    this.root = `gs://${place.bucket}/${place.path}`.replace(/\/$/, '')
    this.#bucket = client.bucket(place.bucket)
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.#put(path, crc32cOf(bytes), stream => stream.end(bytes))
  }

  async indexExisting(): Promise<ListedObject[]> {
    const listed: ListedObject[] = []
    for await (const file of this.#files('')) {
      const object = this.#listed(file)
      this.#existing.set(object.path, file.metadata.crc32c)
      listed.push(object)
    }
    return listed
  }

  create(path: string, bytes: Uint8Array): Promise<boolean> {
    return this.#putOnce(path, bytes)
  }

  async #putOnce(path: string, bytes: Uint8Array, generation?: Generation): Promise<boolean> {
    try {
      // After a lost response the retry finds its own bytes. No other process writes an object with equal bytes.
      await this.#put(path, crc32cOf(bytes), stream => stream.end(bytes), generation)
      return true
    } catch (error) {
      if (error instanceof ObjectExistsError) return false
      throw error
    }
  }

  async replace(
    path: string,
    bytes: Uint8Array,
    wasSeen: (now: Buffer | undefined) => boolean,
  ): Promise<boolean> {
    let generation: Generation | undefined
    for await (const { name, metadata } of this.#files(path)) {
      if (name === `${this.#prefix}${path}`) generation = metadata.generation
    }
    const now = generation === undefined ? undefined : await this.read(path, generation)
    return wasSeen(now) && this.#putOnce(path, bytes, generation)
  }

  /** @param generation of the object to read; by default the present one. */
  async read(path: string, generation?: Generation): Promise<Buffer | undefined> {
    const name = `${this.root}/${path}`
    const file = this.#bucket.file(`${this.#prefix}${path}`, generation === undefined ? {} : { generation })
    try {
      return await this.requests.run('read', name, async ({ signal, moved }) => {
        const stream = file.createReadStream({ decompress: false })
        signal.addEventListener('abort', () => stream.destroy(signal.reason), { once: true })
        const chunks: Buffer[] = []
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          chunks.push(chunk)
          moved(0, chunk.length)
        }
        return Buffer.concat(chunks)
      })
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw storageError(error, 'read', name, this.place.bucket)
    }
  }

  /** @param glob that the whole path must match. */
  async list(prefix: string, glob?: string): Promise<ListedObject[]> {
    const listed: ListedObject[] = []
    for await (const file of this.#files(prefix, glob)) listed.push(this.#listed(file))
    return listed
  }

  /** One piece: a download that fails halfway is sent again whole. */
  async *pieces(path: string): AsyncGenerator<Buffer> {
    const bytes = await this.read(path)
    if (bytes !== undefined) yield bytes
  }

  async find(...names: readonly string[]): Promise<string[]> {
    const named = async (name: string) => {
      const listed = await this.list('', `**/${name}`)
      // Servers other than Cloud Storage itself ignore the pattern.
      return listed.map(({ path }) => path).filter(path => basename(path) === name)
    }
    return (await Promise.all(names.map(named))).flat()
  }

  #listed({ name, metadata }: File): ListedObject {
    return {
      path: name.slice(this.#prefix.length),
      bytes: Number(metadata.size),
      changedMs: Date.parse(metadata.updated ?? ''),
    }
  }

  async touch(path: string): Promise<void> {
    const file = this.#bucket.file(`${this.#prefix}${path}`)
    const metadata = { metadata: { alive: new Date().toISOString() } }
    await this.#request('metadata', path, () => file.setMetadata(metadata))
  }

  async remove(path: string): Promise<void> {
    this.#existing.delete(path)
    const file = this.#bucket.file(`${this.#prefix}${path}`)
    await this.#request('delete', path, () => file.delete({ ignoreNotFound: true }))
  }

  #files(prefix: string, glob?: string): AsyncIterable<File> {
    const query = {
      prefix: `${this.#prefix}${prefix}`,
      ...(glob !== undefined && { matchGlob: `${this.#prefix}${glob}` }),
    }
    return listFiles(this.#bucket, query, send => this.#request('list', prefix, send))
  }

  async #request<T>(kind: OperationKind, path: string, send: () => Promise<T>): Promise<T> {
    const name = `${this.root}/${path}`
    try {
      return await this.requests.run(kind, name, send)
    } catch (error) {
      throw storageError(error, kind === 'metadata' ? 'write' : kind, name, this.place.bucket)
    }
  }

  /** @param generation of the object that it replaces; by default there must be none. */
  async #put(path: string, crc32c: string, send: Send, generation: Generation = 0): Promise<void> {
    if (this.#existing.get(path) === crc32c) return
    const name = `${this.#prefix}${path}`
    checkObjectName(name, 'an object of the dataset')
    try {
      await this.requests.run('write', `${this.root}/${path}`, attempt =>
        upload(this.#bucket.file(name), send, crc32c, generation, attempt),
      )
    } catch (error) {
      // The name is taken. An equal object means that an earlier attempt succeeded and its response was lost.
      if (statusOf(error) !== 412)
        throw storageError(error, 'write', `${this.root}/${path}`, this.place.bucket)
      if (!(await this.#hasChecksum(name, path, crc32c))) {
        throw new ObjectExistsError(
          `Cannot write ${this.root}/${path}: another object has this name; remove it or choose another --run-guid`,
        )
      }
    }
  }

  /** Collects the pieces in a local temporary file and uploads it when it is published. */
  async createStream(path: string): Promise<ObjectStream> {
    this.#staging ??= TemporaryFolder.create().then(async temporary => ({
      temporary,
      folder: await Folder.open(temporary.path, temporary.path, 'TMPDIR'),
    }))
    const { folder } = await this.#staging
    const local = await folder.createStream(path)
    const crc = new CRC32C()
    return {
      append: async piece => {
        crc.update(Buffer.from(piece))
        await local.append(piece)
      },
      publish: async () => {
        const object = await local.publish()
        const file = join(folder.root, path)
        // The upload stream emits the error of a failed read too, so the callback has nothing to do.
        await this.#put(path, crc.toString(), stream => pipeline(createReadStream(file), stream, () => {}))
        return object
      },
    }
  }

  async close(): Promise<void> {
    const staging = await this.#staging
    await staging?.folder.close()
    await staging?.temporary[Symbol.asyncDispose]()
  }

  /** Whether the object has this checksum. A mismatch is confirmed by four retries before it counts. */
  async #hasChecksum(name: string, path: string, crc32c: string): Promise<boolean> {
    let mismatches = 0
    const compare = async () => {
      const [metadata] = await this.#bucket.file(name).getMetadata()
      if (metadata.crc32c === crc32c) return true
      if (++mismatches === 5) return false
      throw new TransientError('checksum', `${name} has a different checksum`)
    }
    try {
      return await this.requests.run('metadata', `${this.root}/${path}`, compare)
    } catch (error) {
      throw storageError(error, 'read', `${this.root}/${path}`, this.place.bucket)
    }
  }
}
