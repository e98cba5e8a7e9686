import { Readable } from 'node:stream'
import { CRC32C, Storage } from '@google-cloud/storage'

// Loaded only for a run that uses a bucket: it takes a sixth of a second.

/** @param endpoint of an emulator, which needs no credentials; without one, the standard chain finds them. */
export function openStorage(endpoint: string | undefined): Storage {
  const storage = new Storage({
    ...(endpoint !== undefined && { apiEndpoint: endpoint, projectId: 'emulator' }),
    // Retries are ours: the client's own stop at a request without a precondition and wait for a stalled one.
    retryOptions: { autoRetry: false },
  })
  storage.interceptors.push({
    request(options) {
      endWithUpload(options.multipart?.[1]?.body)
      return options as ReturnType<Storage['interceptors'][number]['request']>
    },
  })
  return storage
}

/**
 * An upload that fails before all of it was sent is forgotten by the client: nobody would end its request. Now its
 * end is sent, and meets whoever closes what is left of a failure; should a server get it first, it refuses it for
 * its checksum.
 */
function endWithUpload(body: unknown): void {
  if (!(body instanceof Readable)) return
  body.once('close', () => {
    if (!body.readableEnded) body.emit('end')
  })
}

/** Base64, as Cloud Storage states it. */
export function crc32cOf(bytes: Uint8Array): string {
  const crc = new CRC32C()
  crc.update(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  return crc.toString()
}
