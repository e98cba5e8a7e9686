import { open } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { CRC32C, type File, type Storage } from '@google-cloud/storage'
import { anySignal } from '../common/any-signal.js'
import { InputError, OutputError } from '../common/errors.js'
import { storageError } from '../storage/bucket.js'
import { DiskError, withDiskErrors } from '../storage/disk-errors.js'
import type { GcsPlace } from '../storage/gcs.js'
import { type Attempt, type Requests, statusOf, TransientError } from '../storage/requests.js'
import { TemporaryFolder } from '../storage/temporary-folder.js'

/**
 * A video of a bucket, downloaded once to a temporary file that disposing removes. The object is the one
 * generation that was downloaded, whatever is put in its place meanwhile.
 */
export class RemoteVideo implements AsyncDisposable {
  private constructor(
    readonly place: GcsPlace,
    /** Of the temporary file. */
    readonly path: string,
    readonly folder: TemporaryFolder,
    readonly client: Storage,
    readonly requests: Requests,
    readonly generation: string | undefined,
    readonly crc32c: string | undefined,
  ) {}

  /** @throws InputError when there is no such object or it cannot be read whole; DiskError when there is no room. */
  static async download(
    client: Storage,
    place: GcsPlace,
    requests: Requests,
    signal: AbortSignal | undefined,
  ): Promise<RemoteVideo> {
    const folder = await TemporaryFolder.create()
    // What is no usual extension may be longer than a file's name can be.
    const extension = extname(place.path)
    const path = join(folder.path, `video${/^\.\w{1,8}$/.test(extension) ? extension : ''}`)
    try {
      const { generation, crc32c } = await download(client, place, requests, path, signal)
      return new RemoteVideo(place, path, folder, client, requests, generation, crc32c)
    } catch (error) {
      await folder[Symbol.asyncDispose]()
      signal?.throwIfAborted()
      if (error instanceof DiskError) throw error
      const url = `gs://${place.bucket}/${place.path}`
      if (statusOf(error) === 404)
        throw new InputError(`Cannot read ${url}: there is no such object; check its name`)
      throw new InputError(storageError(error, 'read', url, place.bucket).message, { cause: error })
    }
  }

  /**
   * Puts the video beside its dataset, within the storage. Nothing that stands there is replaced, and with
   * `move` the original goes only once its copy is there: at any moment it can be read under one name.
   */
  async import(target: GcsPlace, how: 'move' | 'copy'): Promise<void> {
    const from = `gs://${this.place.bucket}/${this.place.path}`
    const source = this.client.bucket(this.place.bucket).file(this.place.path, {
      ...(this.generation !== undefined && { generation: this.generation }),
    })
    const copy = this.client.bucket(target.bucket).file(target.path)
    try {
      await this.requests
        .run('copy', from, () => source.copy(copy, { preconditionOpts: { ifGenerationMatch: 0 } }))
        .catch(async error => {
          if (statusOf(error) !== 412) throw error
          // Something is there: this very video, when an earlier attempt or run had succeeded.
          let doubts = 0
          await this.requests.run('metadata', from, async () => {
            const [metadata] = await copy.getMetadata()
            if (metadata.crc32c === this.crc32c) return
            // A no is asked for again before it is believed.
            if (++doubts === 5) throw error
            throw new TransientError('checksum', `the checksum of ${copy.name} is another`)
          })
        })
      if (how === 'move') {
        await this.requests
          .run('delete', from, () =>
            source.delete({
              ignoreNotFound: true,
              ...(this.generation !== undefined && { ifGenerationMatch: this.generation }),
            }),
          )
          .catch(error => {
            // The generation that was copied is gone already: an attempt that was cut off had succeeded.
            if (statusOf(error) !== 412) throw error
          })
      }
    } catch (error) {
      const why = storageError(error, 'move', from, this.place.bucket).message
      throw new OutputError(`The dataset is complete, but its video stays where it is: ${why}`, {
        cause: error,
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]()
  }
}

interface Downloaded {
  readonly generation: string | undefined
  readonly crc32c: string | undefined
}

/** One request; when it breaks, a further one goes on from where it broke, in the same generation. */
async function download(
  client: Storage,
  place: GcsPlace,
  requests: Requests,
  path: string,
  stop: AbortSignal | undefined,
): Promise<Downloaded> {
  const url = `gs://${place.bucket}/${place.path}`
  await using target = await withDiskErrors(path, 'TMPDIR', () => open(path, 'wx'))
  let offset = 0
  let crc = new CRC32C()
  let size: number | undefined
  let generation: string | undefined
  let crc32c: string | undefined

  const attempt = async ({ signal, moved }: Attempt): Promise<void> => {
    const file: File = client
      .bucket(place.bucket)
      .file(place.path, { ...(generation !== undefined && { generation }) })
    const stream = file.createReadStream({
      ...(offset > 0 && { start: offset }),
      validation: false,
      decompress: false,
    })
    const end = anySignal(signal, stop)
    end.addEventListener('abort', () => stream.destroy(end.reason), { once: true })
    stream.once('response', ({ headers }: { headers: Record<string, string | undefined> }) => {
      generation ??= headers['x-goog-generation']
      crc32c ??= /crc32c=([^,\s]+)/.exec(headers['x-goog-hash'] ?? '')?.[1]
      size ??= Number(headers['x-goog-stored-content-length'] ?? headers['content-length'])
    })
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      await withDiskErrors(path, 'TMPDIR', async () => {
        // A disk that is becoming full takes a part without a word.
        for (let written = 0; written < chunk.length; ) {
          const { bytesWritten } = await target.write(
            chunk,
            written,
            chunk.length - written,
            offset + written,
          )
          written += bytesWritten
        }
      })
      crc.update(chunk)
      offset += chunk.length
      moved(0, chunk.length)
    }
    if (size !== undefined && offset < size) {
      throw new TransientError('broken', `${url} ended after ${offset} of ${size} bytes`)
    }
    if (crc32c !== undefined && crc.toString() !== crc32c) {
      await target.truncate(0)
      // What was promised may be what is wrong.
      ;[offset, crc, crc32c, size] = [0, new CRC32C(), undefined, undefined]
      throw new TransientError('checksum', `${url} arrived with another checksum`)
    }
  }
  await requests.run('read', url, attempt)
  return { generation, crc32c }
}
