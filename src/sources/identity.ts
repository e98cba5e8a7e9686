import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { v5 } from 'uuid'
import { InputError } from '../common/errors.js'

/** Identifies a video by content, independent of its path and name. */
export interface VideoIdentity {
  /** Hash of the file's bytes, lower-case hexadecimal. */
  readonly sha256: string
  /** UUIDv5 of the hash (RFC 9562), so the same video always has the same one. */
  readonly videoGuid: string
}

/** Random UUIDv5 namespace. It must never change, since output paths contain the `video_guid`. */
const namespace = '6f1c3a52-9d0e-4b7b-8a55-2c1de0f4b7a9'

/**
 * Streams the file through SHA-256.
 *
 * @throws InputError when the file cannot be read; the signal's reason when aborted.
 */
export async function identify(path: string, signal?: AbortSignal): Promise<VideoIdentity> {
  const hash = createHash('sha256')
  try {
    // With reads of 1 MiB, hashing takes nearly all of the time.
    const stream = createReadStream(path, { highWaterMark: 1 << 20, signal })
    for await (const chunk of stream) hash.update(chunk as Buffer)
  } catch (cause) {
    signal?.throwIfAborted()
    throw new InputError(`Cannot read '${path}': ${(cause as Error).message}`, { cause })
  }
  const sha256 = hash.digest('hex')
  return { sha256, videoGuid: v5(sha256, namespace) }
}
