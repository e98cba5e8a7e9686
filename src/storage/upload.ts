import type { Writable } from 'node:stream'
import type { File } from '@google-cloud/storage'
import { type Attempt, TransientError } from './requests.js'

/** Writes an object's content and ends the stream; called once per attempt. */
export type Send = (stream: Writable) => void

/** Of an object's content, as the server counts them; 0 where there is no object. */
export type Generation = number | string

/** Writes an object by one request, with the precondition that it has this generation. */
export function upload(
  file: File,
  send: Send,
  crc32c: string,
  generation: Generation,
  { signal, moved }: Attempt,
): Promise<void> {
  const contentType = contentTypes[file.name.slice(file.name.lastIndexOf('.') + 1)]
  return new Promise((resolve, reject) => {
    const stream = file.createWriteStream({
      // A resumable upload takes two requests.
      resumable: false,
      // The server compares the checksum; on a mismatch the client would also delete the object.
      validation: false,
      metadata: { contentType: contentType ?? 'application/octet-stream', crc32c },
      preconditionOpts: { ifGenerationMatch: generation },
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
      else reject(new TransientError('checksum', `the checksum of ${file.name} is wrong`))
    })
    send(stream)
  })
}

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html',
  jpg: 'image/jpeg',
  json: 'application/json',
  mp4: 'video/mp4',
  tar: 'application/x-tar',
}
