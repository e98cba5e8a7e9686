import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { InputError } from '../common/errors.js'
import { withDiskErrors } from '../storage/disk-errors.js'

/** Most bytes that one byte of gzip may become. Video reaches 1 to 5; a decompression bomb 1000. */
const maxRatio = 100
const tooLarge = `its gzip data becomes more than ${maxRatio} times as large; store it uncompressed`

/** Whether a file begins like gzip: the metadata of an object may claim an encoding that its bytes do not have. */
export async function isGzip(path: string): Promise<boolean> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2)
  return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b
}

/**
 * Decompresses a file into a new one.
 * @param name of the video, for errors.
 * @throws InputError when it is damaged or a decompression bomb; DiskError; the signal's reason when aborted.
 */
export async function gunzip(
  from: string,
  to: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const limit = maxRatio * (await stat(from)).size
  await using target = await withDiskErrors(to, 'TMPDIR', () => open(to, 'wx'))
  let size = 0
  const write = async (chunk: Buffer) => {
    size += chunk.length
    if (size > limit) throw new InputError(`Cannot read ${name}: ${tooLarge}`)
    await withDiskErrors(to, 'TMPDIR', () => target.writeFile(chunk))
  }
  const sink = new Writable({ write: (chunk, _, done) => void write(chunk).then(() => done(), done) })
  try {
    await pipeline(createReadStream(from), createGunzip({ chunkSize: 1 << 20 }), sink, { signal })
  } catch (cause) {
    signal?.throwIfAborted()
    if (!isDamage(cause)) throw cause
    throw new InputError(`Cannot read ${name}: its gzip data is damaged: ${cause.message}`, { cause })
  }
}

const isDamage = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
