import { open, rename, rm } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { CRC32C, type File, type Storage } from '@google-cloud/storage'
import { anySignal } from '../common/any-signal.js'
import { InputError, OutputError } from '../common/errors.js'
import { DiskError, withDiskErrors } from '../storage/disk-errors.js'
import type { GcsPlace } from '../storage/gcs.js'
import { type Attempt, type Requests, statusOf, TransientError } from '../storage/requests.js'
import { storageError } from '../storage/storage-error.js'
import { TemporaryFolder } from '../storage/temporary-folder.js'
import { gunzip, isGzip } from './gunzip.js'

/**
 * A video in a bucket, downloaded once to a temporary file, which disposing removes. All operations refer to the
 * generation of the object that was downloaded, even if the object is replaced later.
 */
export class RemoteVideo implements AsyncDisposable {
  private constructor(
    readonly place: GcsPlace,
    /** Path of the temporary file. */
    readonly path: string,
    readonly folder: TemporaryFolder,
    readonly client: Storage,
    readonly requests: Requests,
    readonly generation: string | undefined,
    /** Of the stored bytes, which are gzip if the object is stored with that encoding. */
    readonly crc32c: string | undefined,
  ) {}

  /** @throws InputError when the object does not exist or cannot be read; DiskError when it cannot be stored. */
  static async download(
    client: Storage,
    place: GcsPlace,
    requests: Requests,
    signal: AbortSignal | undefined,
  ): Promise<RemoteVideo> {
    const folder = await TemporaryFolder.create()
    // Only a short extension is kept: a long one may exceed the limit of a file name.
    const extension = extname(place.path)
    const path = join(folder.path, `video${/^\.\w{1,8}$/.test(extension) ? extension : ''}`)
    const url = `gs://${place.bucket}/${place.path}`
    try {
      const { generation, crc32c, encoding } = await download(client, place, requests, path, signal)
      if (encoding === 'gzip' && (await isGzip(path))) {
        const stored = join(folder.path, 'stored.gz')
        await rename(path, stored)
        await gunzip(stored, path, url, signal)
        await rm(stored)
      }
      return new RemoteVideo(place, path, folder, client, requests, generation, crc32c)
    } catch (error) {
      await folder[Symbol.asyncDispose]()
      signal?.throwIfAborted()
      if (error instanceof DiskError || error instanceof InputError) throw error
      if (statusOf(error) === 404)
        throw new InputError(`Cannot read ${url}: there is no such object; check its name`)
      throw new InputError(storageError(error, 'read', url, place.bucket).message, { cause: error })
    }
  }

  /**
   * Copies the video to `target` within Cloud Storage, without replacing an existing object. With `move` the
   * original is deleted only after the copy exists, so the video can be read at any time.
   * @throws OutputError when the copy or the deletion fails.
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
          // The target exists. If it is this video, an earlier attempt or run succeeded.
          let mismatches = 0
          await this.requests.run('metadata', from, async () => {
            const [metadata] = await copy.getMetadata()
            if (metadata.crc32c === this.crc32c) return
            // A mismatch is confirmed by four retries before it counts.
            if (++mismatches === 5) throw error
            throw new TransientError('checksum', `${copy.name} has a different checksum`)
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
            // The copied generation no longer exists: an earlier attempt succeeded and its response was lost.
            if (statusOf(error) !== 412) throw error
          })
      }
    } catch (error) {
      const why = storageError(error, 'move', from, this.place.bucket).message
      throw new OutputError(`The dataset is complete, but its video could not be imported: ${why}`, {
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
  /** `Content-Encoding` of the stored bytes. */
  readonly encoding: string | undefined
}

/**
 * Downloads the stored bytes by one request; after a broken connection the next one continues at that byte of the
 * same generation.
 */
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
  let encoding: string | undefined

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
      encoding = headers['x-goog-stored-content-encoding'] ?? headers['content-encoding']
      // The client asks for the stored bytes (`Accept-Encoding: gzip`), and a proxy may remove that. Decompressed
      // bytes match neither size nor checksum, and a broken download of them cannot be resumed.
      if (encoding === 'gzip' && headers['content-encoding'] !== 'gzip') {
        const why =
          'it is stored as gzip and was decompressed on the way; let Accept-Encoding pass your proxy'
        const refusal = new InputError(`Cannot read ${url}: ${why}`)
        // Not within this event, in which the client goes on to pipe into the stream.
        setImmediate(() => stream.destroy(refusal))
      }
    })
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      await withDiskErrors(path, 'TMPDIR', async () => {
        // On a disk that is nearly full, a write may store only a part of the bytes without an error.
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
      // The checksum or size from the header may be the wrong part, so both are read again.
      ;[offset, crc, crc32c, size] = [0, new CRC32C(), undefined, undefined]
      throw new TransientError('checksum', `the downloaded bytes of ${url} do not match its checksum`)
    }
  }
  await requests.run('read', url, attempt)
  return { generation, crc32c, encoding }
}
