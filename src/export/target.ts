import { createHash } from 'node:crypto'
import type { ObjectStream, SharedStore } from '../storage/store.js'
import type { UploadWindow } from '../storage/upload-window.js'
import { Audit } from './audit.js'
import type { ExportImage, Side, Target } from './contract.js'

/** Writes an export and keeps its books. */
export class ExportTarget implements Target {
  readonly audit = new Audit()
  readonly #all = createHash('sha256')
  objects = 0
  bytes = 0

  constructor(
    readonly store: SharedStore,
    readonly window: UploadWindow,
    /** Ends the export before the next object or piece. */
    readonly signal: AbortSignal | undefined,
  ) {}

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.signal?.throwIfAborted()
    this.#wrote(path, bytes.length, createHash('sha256').update(bytes).digest('hex'))
    await this.window.add(bytes.length, () => this.store.write(path, bytes))
  }

  async stream(path: string): Promise<ObjectStream> {
    const stream = await this.store.createStream(path)
    return {
      append: async piece => {
        this.signal?.throwIfAborted()
        await stream.append(piece)
      },
      publish: async () => {
        const object = await stream.publish()
        this.#wrote(path, object.bytes, object.sha256)
        return object
      },
    }
  }

  placed(image: ExportImage, side: Side, camera?: number): void {
    this.audit.placed(image, side, camera)
  }

  /** Resolves to the hash over all objects, when they are durable: over lines `{sha256}  {path}` in their order. */
  async finish(): Promise<string> {
    await this.window.flush()
    return this.#all.digest('hex')
  }

  #wrote(path: string, bytes: number, sha256: string): void {
    this.#all.update(`${sha256}  ${path}\n`)
    this.objects++
    this.bytes += bytes
  }
}
