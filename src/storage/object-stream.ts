import { createHash } from 'node:crypto'
import type { ObjectStream, StoredObject } from './store.js'

const FLUSH_CHARACTERS = 1 << 16

/** Hashes and writes an object piece by piece, without holding it in memory. */
export class HashingStream implements ObjectStream {
  readonly #hash = createHash('sha256')
  #bytes = 0
  /** Collects text, which comes one line at a time, into larger writes. */
  #text = ''

  /** @param finalize makes the object appear under its name. */
  constructor(
    readonly path: string,
    readonly writeBytes: (bytes: Uint8Array) => Promise<void>,
    readonly finalize: () => Promise<void>,
  ) {}

  async append(piece: string | Uint8Array): Promise<void> {
    if (typeof piece === 'string') {
      this.#text += piece
      if (this.#text.length >= FLUSH_CHARACTERS) await this.#flush()
    } else {
      await this.#flush()
      await this.#write(piece)
    }
  }

  async publish(): Promise<StoredObject> {
    await this.#flush()
    await this.finalize()
    return { path: this.path, bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }

  async #flush(): Promise<void> {
    if (this.#text === '') return
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    await this.#write(bytes)
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes)
    this.#bytes += bytes.length
    await this.writeBytes(bytes)
  }
}
