import { CRC32C, Storage } from '@google-cloud/storage'

// Loaded only for a run that uses a bucket: it takes a sixth of a second.

/** @param endpoint of an emulator, which needs no credentials; without one, the standard chain finds them. */
export function openStorage(endpoint: string | undefined): Storage {
  return new Storage({
    ...(endpoint !== undefined && { apiEndpoint: endpoint, projectId: 'emulator' }),
    // Retries are ours: the client's own stop at a request without a precondition and wait for a stalled one.
    retryOptions: { autoRetry: false },
  })
}

/** Base64, as Cloud Storage states it. */
export function crc32cOf(bytes: Uint8Array): string {
  const crc = new CRC32C()
  crc.update(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  return crc.toString()
}
