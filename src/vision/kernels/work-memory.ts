import { kernels } from './kernels.js'

const page = 1 << 16
/** Bytes behind each array that kernels may read and write: they work on whole vectors. */
const slack = 64
/** Arrays of one call, at most. */
const arrays = 64

/**
 * Arrays in the memory of the kernels, for one call after another: allocating and collecting half a megabyte for each
 * player would take as long as the segmentation. An array's `byteOffset` is its address.
 */
class WorkMemory {
  readonly #start = Math.ceil(kernels.freeFrom() / 16) * 16
  #used = this.#start

  /** Frees all arrays and prepares for others. @param bytes that they need together, at most. */
  reset(bytes: number): void {
    this.#used = this.#start
    const missing = this.#start + bytes + arrays * (slack + 16) - kernels.memory.buffer.byteLength
    if (missing > 0) kernels.memory.grow(Math.ceil(missing / page))
  }

  /** Not initialized, as the others. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(kernels.memory.buffer, this.#take(length), length)
  }

  shorts(length: number): Int16Array<ArrayBuffer> {
    return new Int16Array(kernels.memory.buffer, this.#take(length * 2), length)
  }

  ints(length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(kernels.memory.buffer, this.#take(length * 4), length)
  }

  floats(length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(kernels.memory.buffer, this.#take(length * 4), length)
  }

  copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const copy = this.bytes(bytes.length)
    copy.set(bytes)
    return copy
  }

  #take(bytes: number): number {
    const address = this.#used
    this.#used += Math.ceil((bytes + slack) / 16) * 16
    if (this.#used > kernels.memory.buffer.byteLength) throw new Error('more work memory than was prepared')
    return address
  }
}

/** Of this thread. */
export const workMemory = new WorkMemory()
export type { WorkMemory }
