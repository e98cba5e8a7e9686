import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { v5 } from 'uuid'
import { InputError } from '../common/errors.js'

/** What stays the same for a video wherever its file lies and whatever it is called. */
export interface VideoIdentity {
  /** Of the file's bytes, hexadecimal. */
  readonly sha256: string
  /** UUIDv5 of the hash: the same video always gets the same one. */
  readonly videoGuid: string
}

/** Namespace of every video_guid, random and never to change: all outputs are filed under what it gives. */
const namespace = '6f1c3a52-9d0e-4b7b-8a55-2c1de0f4b7a9'

/**
 * Streams the file through SHA-256.
 *
 * @throws InputError when the file cannot be read; the signal's reason when aborted.
 */
export async function identify(path: string, signal?: AbortSignal): Promise<VideoIdentity> {
  const hash = createHash('sha256')
  try {
    // 1 MiB at a time: hashing, not the number of reads, is what takes the time.
    const stream = createReadStream(path, { highWaterMark: 1 << 20, signal })
    for await (const chunk of stream) hash.update(chunk as Buffer)
  } catch (cause) {
    signal?.throwIfAborted()
    throw new InputError(`Cannot read '${path}': ${(cause as Error).message}`, { cause })
  }
  const sha256 = hash.digest('hex')
  return { sha256, videoGuid: v5(sha256, namespace) }
}
