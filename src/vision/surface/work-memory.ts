/**
 * Memory for the intermediate arrays of one picture after the other: taken piece by piece, given back all at once.
 * Otherwise clearing and collecting half a megabyte for each player would take as long as finding it.
 */
export class Scratch {
  #memory = new ArrayBuffer(1 << 20)
  #used = 0

  /** Gives everything back: what is taken from now on overwrites what was taken before. */
  reset(): void {
    this.#used = 0
  }

  /** Holds whatever was left there, as `ints` and `floats` do. */
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
      // Arrays taken before keep the old memory.
      this.#memory = new ArrayBuffer(2 * (this.#memory.byteLength + bytes))
      this.#used = 0
    }
    const offset = this.#used
    this.#used += Math.ceil(bytes / 4) * 4
    return offset
  }
}
