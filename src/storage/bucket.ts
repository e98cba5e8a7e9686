import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline, type Writable } from 'node:stream'
import { CRC32C, type File, type Bucket as GcsBucket, type Storage } from '@google-cloud/storage'
import { OutputError } from '../common/errors.js'
import { crc32cOf } from './client.js'
import { Folder } from './folder.js'
import { checkObjectName, type GcsPlace } from './gcs.js'
import { type Attempt, type OperationKind, type Requests, statusOf, TransientError } from './requests.js'
import type { ListedObject, ObjectStream, SharedStore } from './store.js'
import { Scratch } from './temporary-folder.js'

const contentTypes: Record<string, string> = {
  html: 'text/html',
  jpg: 'image/jpeg',
  json: 'application/json',
  mp4: 'video/mp4',
  tar: 'application/x-tar',
}

/** Another object is where one was to be written. */
class Taken extends OutputError {}

/** Writes an object's content and ends the stream; called anew for each attempt. */
type Send = (stream: Writable) => void

/**
 * A prefix of a bucket. Each object is written once, in one request that says that nothing may stand
 * there yet and what its checksum must be; so a retry can neither double an object nor replace one.
 */
export class BucketStore implements SharedStore {
  readonly root: string
  readonly #bucket: GcsBucket
  /** Where objects grow. */
  #scratch: Promise<{ readonly own: Scratch; readonly folder: Folder }> | undefined
  /** Checksums of the objects of an earlier process. */
  readonly #adopted = new Map<string, string | undefined>()

  constructor(
    client: Storage,
    readonly place: GcsPlace,
    readonly requests: Requests,
  ) {
    this.root = `gs://${place.bucket}/${place.path}`
    this.#bucket = client.bucket(place.bucket)
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.#put(path, crc32cOf(bytes), stream => stream.end(bytes))
  }

  async indexExisting(): Promise<ListedObject[]> {
    const files = await this.#files('')
    return files.map(file => {
      const listed = this.#listed(file)
      this.#adopted.set(listed.path, file.metadata.crc32c)
      return listed
    })
  }

  async create(path: string, bytes: Uint8Array): Promise<boolean> {
    try {
      // Who was cut off by the network finds its own bytes there, and nobody else writes the same.
      await this.#put(path, crc32cOf(bytes), stream => stream.end(bytes))
      return true
    } catch (error) {
      if (error instanceof Taken) return false
      throw error
    }
  }

  async read(path: string): Promise<Buffer | undefined> {
    const name = `${this.root}/${path}`
    const file = this.#bucket.file(`${this.place.path}/${path}`)
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

  /** @param glob of the whole path, where only some are wanted. */
  async list(prefix: string, glob?: string): Promise<ListedObject[]> {
    return (await this.#files(prefix, glob)).map(file => this.#listed(file))
  }

  #listed({ name, metadata }: File): ListedObject {
    return {
      path: name.slice(this.place.path.length + 1),
      bytes: Number(metadata.size),
      changedMs: Date.parse(metadata.updated ?? ''),
    }
  }

  async touch(path: string): Promise<void> {
    const file = this.#bucket.file(`${this.place.path}/${path}`)
    const metadata = { metadata: { alive: new Date().toISOString() } }
    await this.#asked('metadata', path, () => file.setMetadata(metadata))
  }

  async remove(path: string): Promise<void> {
    this.#adopted.delete(path)
    const file = this.#bucket.file(`${this.place.path}/${path}`)
    await this.#asked('delete', path, () => file.delete({ ignoreNotFound: true }))
  }

  async #files(prefix: string, glob?: string): Promise<File[]> {
    const query = {
      prefix: `${this.place.path}/${prefix}`,
      ...(glob !== undefined && { matchGlob: `${this.place.path}/${glob}` }),
    }
    const [files] = await this.#asked('list', prefix, () => this.#bucket.getFiles(query))
    return files
  }

  async #asked<T>(kind: OperationKind, path: string, ask: () => Promise<T>): Promise<T> {
    const name = `${this.root}/${path}`
    try {
      return await this.requests.run(kind, name, ask)
    } catch (error) {
      throw storageError(error, kind === 'metadata' ? 'write' : kind, name, this.place.bucket)
    }
  }

  async #put(path: string, crc32c: string, send: Send): Promise<void> {
    if (this.#adopted.get(path) === crc32c) return
    const name = `${this.place.path}/${path}`
    checkObjectName(name, 'an object of the dataset')
    try {
      await this.requests.run('write', `${this.root}/${path}`, attempt =>
        this.#upload(name, send, crc32c, attempt),
      )
    } catch (error) {
      // Something stands there. If it is this very object, an attempt that was cut off had succeeded.
      if (statusOf(error) !== 412)
        throw storageError(error, 'write', `${this.root}/${path}`, this.place.bucket)
      if (!(await this.#isThere(name, path, crc32c))) {
        throw new Taken(
          `Cannot write ${this.root}/${path}: another object is there; remove it or choose another --run-guid`,
        )
      }
    }
  }

  /** Grows on the disk, a little per frame, and is uploaded from there when it is published. */
  async createStream(path: string): Promise<ObjectStream> {
    this.#scratch ??= Scratch.make().then(async own => ({
      own,
      folder: await Folder.open(own.folder, own.folder, 'TMPDIR'),
    }))
    const { folder } = await this.#scratch
    const growing = await folder.createStream(path)
    const crc = new CRC32C()
    return {
      append: async piece => {
        crc.update(Buffer.from(piece))
        await growing.append(piece)
      },
      publish: async () => {
        const object = await growing.publish()
        const file = join(folder.root, path)
        // What fails is told by the stream that is written to.
        await this.#put(path, crc.toString(), stream => pipeline(createReadStream(file), stream, () => {}))
        return object
      },
    }
  }

  async close(): Promise<void> {
    const scratch = await this.#scratch
    await scratch?.folder.close()
    await scratch?.own[Symbol.asyncDispose]()
  }

  #upload(name: string, send: Send, crc32c: string, { signal, moved }: Attempt): Promise<void> {
    const contentType = contentTypes[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    return new Promise((resolve, reject) => {
      const file = this.#bucket.file(name)
      const stream = file.createWriteStream({
        // One request, where a resumable upload takes two.
        resumable: false,
        // The server compares the checksum that it is told; the client would delete what does not match.
        validation: false,
        metadata: { contentType, crc32c },
        preconditionOpts: { ifGenerationMatch: 0 },
      })
      signal.addEventListener('abort', () => stream.destroy(signal.reason), { once: true })
      let sent = 0
      stream.on('progress', ({ bytesWritten }: { bytesWritten: number }) => {
        moved(bytesWritten - sent, 0)
        sent = bytesWritten
      })
      stream.on('error', reject)
      stream.on('finish', () => {
        if (file.metadata.crc32c === crc32c) resolve()
        else reject(new TransientError('checksum', `the checksum of ${name} is wrong`))
      })
      send(stream)
    })
  }

  /** Whether an object of this checksum is there; a no is asked for again before it is believed. */
  async #isThere(name: string, path: string, crc32c: string): Promise<boolean> {
    let doubts = 0
    const look = async () => {
      const [metadata] = await this.#bucket.file(name).getMetadata()
      if (metadata.crc32c === crc32c) return true
      if (++doubts === 5) return false
      throw new TransientError('checksum', `the checksum of ${name} is another`)
    }
    try {
      return await this.requests.run('metadata', `${this.root}/${path}`, look)
    } catch (error) {
      throw storageError(error, 'read', `${this.root}/${path}`, this.place.bucket)
    }
  }
}

/** One clear line for what the storage refuses. */
export function storageError(error: unknown, verb: string, name: string, bucket: string): Error {
  if (error instanceof OutputError) return error
  const message = error instanceof Error ? error.message : String(error)
  const why =
    statusOf(error) === 404
      ? `there is no bucket ${bucket}; create it or check its name`
      : statusOf(error) === 403
        ? `permission denied in bucket ${bucket}; the account needs storage.objects.create, get and delete`
        : statusOf(error) === 401 || /credentials|does not exist, or it is not a file/i.test(message)
          ? 'there are no valid credentials; run `gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS'
          : message.split('\n')[0]
  return new OutputError(`Cannot ${verb} ${name}: ${why}`, { cause: error })
}
