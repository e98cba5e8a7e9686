import { Readable } from 'node:stream'
import { CRC32C, Storage } from '@google-cloud/storage'

// Imported only by a run that uses a bucket: loading the client takes about 170 ms.

/** How Cloud Storage is reached, and who pays for it. */
export interface ClientOptions {
  /** Of an emulator, which needs no credentials; without one, application default credentials. */
  readonly endpoint?: string | undefined
  /** Project that pays for the requests; without one, the owner of the bucket pays. */
  readonly billingProject?: string | undefined
}

export function openStorage({ endpoint, billingProject }: ClientOptions): Storage {
  const storage = new Storage({
    ...(endpoint !== undefined && { apiEndpoint: endpoint, projectId: 'emulator' }),
    // `Requests` retries instead: the client does not retry requests without a precondition or detect stalls.
    retryOptions: { autoRetry: false },
  })
  storage.interceptors.push({
    request(options) {
      endRequestWithBody(options.multipart?.[1]?.body)
      // Set here because a project that is set on a bucket is missing from the client's downloads.
      const billed = billingProject !== undefined && { qs: { ...options.qs, userProject: billingProject } }
      return { ...options, ...billed } as ReturnType<Storage['interceptors'][number]['request']>
    },
  })
  return storage
}

/**
 * Ends the request of an upload whose body is destroyed before all of it was sent, which the client would leave
 * open. `closeConnectionsOnFailure` then destroys the request; if a server receives it first, the checksum does
 * not match and the server rejects it.
 */
function endRequestWithBody(body: unknown): void {
  if (!(body instanceof Readable)) return
  body.once('close', () => {
    if (!body.readableEnded) body.emit('end')
  })
}

/** CRC32C in base64, the form that Cloud Storage uses. */
export function crc32cOf(bytes: Uint8Array): string {
  const crc = new CRC32C()
  crc.update(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  return crc.toString()
}
