import { CRC32C, Storage } from '@google-cloud/storage'
import { expected, UsageError } from '../errors.js'

/** An object, or with a trailing part a prefix, of a bucket. */
export interface GcsPlace {
  readonly bucket: string
  /** Without a leading slash; empty for the bucket's root. */
  readonly path: string
}

export const isGcsUrl = (text: string): boolean => text.startsWith('gs://')

/** @throws UsageError when it is not `gs://bucket[/path]` with names that Cloud Storage takes. */
export function parseGcsUrl(url: string, name: string): GcsPlace {
  const [, bucket = '', path = ''] = /^gs:\/\/([^/]*)\/?(.*)$/s.exec(url) ?? []
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(bucket)) {
    throw new UsageError(expected('gs://bucket/path, the bucket of 3 to 222 letters and digits,', name, url))
  }
  const trimmed = path.replace(/\/+$/, '')
  if (trimmed !== '') checkObjectName(trimmed, name)
  return { bucket, path: trimmed }
}

/**
 * Names as Cloud Storage takes them, and nothing that another program would read as a way up.
 * Source: Cloud Storage, Objects, "Object name requirements".
 * @throws UsageError
 */
export function checkObjectName(path: string, name: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes === 0 || bytes > 1024)
    throw new UsageError(expected('an object name of 1 to 1024 bytes', name, path))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) {
    throw new UsageError(expected('an object name without control characters', name, path))
  }
  if (path.split('/').some(part => part === '' || part === '.' || part === '..')) {
    throw new UsageError(expected('an object name without empty parts, . and ..', name, path))
  }
  if (path.startsWith('.well-known/acme-challenge/')) {
    throw new UsageError(expected('an object name that is not reserved', name, path))
  }
}

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
