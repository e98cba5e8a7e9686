import { createHash } from 'node:crypto'
import type { ObjectStream, StoredObject } from './store.js'

const FLUSH_CHARACTERS = 1 << 16

/** A file that is written piece by piece, hashed on its way, and never held in memory. */
export class GrowingFile implements ObjectStream {
  readonly #hash = createHash('sha256')
  #bytes = 0
  /** Texts come a line at a time: worth a write together. */
  #text = ''

  constructor(
    readonly path: string,
    readonly writeBytes: (bytes: Uint8Array) => Promise<void>,
    readonly appear: () => Promise<void>,
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
    await this.appear()
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
