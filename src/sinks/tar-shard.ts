import { type Pack, pack } from 'tar-stream'
import type { Subset } from '../types.js'

export interface ShardLimits {
  /** Largest size of a shard; one larger sample gets a shard of its own. */
  readonly bytes: number
  /** Largest number of samples in a shard. */
  readonly samples: number
}

export const shardLimits: ShardLimits = { bytes: 32 << 20, samples: 10_000 }

/** `train-000000.tar`, in the folder of its subset. */
export const shardName = (subset: Subset, number: number): string =>
  `${subset}/${subset}-${String(number).padStart(6, '0')}.tar`

/** A file in a shard. */
export interface Entry {
  readonly name: string
  readonly bytes: Uint8Array | string
}

/** Block size of a tar archive, in bytes. */
const BLOCK = 512

/** A tar archive of whole samples. Equal samples make equal bytes. */
export class TarShard {
  readonly #tar: Pack = pack()
  readonly #chunks: Buffer[] = []
  readonly #packed = new Promise<void>(resolve => this.#tar.once('end', resolve))
  #bytes = 0
  samples = 0

  constructor() {
    this.#tar.on('data', chunk => this.#chunks.push(chunk as Buffer))
  }

  /** An empty shard has room for anything. */
  hasRoomFor(entries: readonly Entry[], { bytes, samples }: ShardLimits): boolean {
    return this.samples === 0 || (this.samples < samples && this.#bytes + sizeOf(entries) <= bytes)
  }

  /** Adds a sample: readers expect its entries together, sorted by name. */
  add(entries: readonly Entry[]): void {
    for (const { name, bytes } of entries) {
      // Owner, mode and time are constant, so that equal shards have equal bytes.
      const header = { name, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) }
      this.#tar.entry(header, typeof bytes === 'string' ? bytes : Buffer.from(bytes))
    }
    this.#bytes += sizeOf(entries)
    this.samples++
  }

  async end(): Promise<Buffer> {
    this.#tar.finalize()
    await this.#packed
    return Buffer.concat(this.#chunks)
  }
}

const sizeOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { bytes }) => sum + BLOCK + Math.ceil(Buffer.byteLength(bytes) / BLOCK) * BLOCK, 0)
