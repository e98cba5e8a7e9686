/**
 * An arena for the intermediate arrays of one crop, reused for the next one: allocating and collecting half a megabyte
 * for each player would take as long as the segmentation.
 */
export class WorkMemory {
  #memory = new ArrayBuffer(1 << 20)
  #used = 0

  /** Frees all arrays: later ones overwrite the memory of earlier ones. */
  reset(): void {
    this.#used = 0
  }

  /** Not initialized; neither are `ints` and `floats`. */
  bytes(length: number): Uint8Array {
    const offset = this.#take(length)
    return new Uint8Array(this.#memory, offset, length)
  }

  ints(length: number): Int32Array {
    const offset = this.#take(length * 4)
    return new Int32Array(this.#memory, offset, length)
  }

  floats(length: number): Float32Array {
    const offset = this.#take(length * 4)
    return new Float32Array(this.#memory, offset, length)
  }

  #take(bytes: number): number {
    if (this.#used + bytes > this.#memory.byteLength) {
      // Earlier arrays keep the old buffer.
      this.#memory = new ArrayBuffer(2 * (this.#memory.byteLength + bytes))
      this.#used = 0
    }
    const offset = this.#used
    this.#used += Math.ceil(bytes / 4) * 4
    return offset
  }
}
