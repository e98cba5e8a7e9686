import { kernels } from '../kernels/kernels.js'
import { workMemory } from '../kernels/work-memory.js'
import type { Size } from './preprocess.js'

/** Rows of the half that are computed together. */
const bandRows = 16

/** Halves planes of one size: each sample is the mean of four; if a side is odd, its last counts twice. */
export class Halving implements Size {
  readonly width: number
  readonly height: number
  readonly #half: Uint8Array

  constructor(readonly from: Size) {
    this.width = Math.ceil(from.width / 2)
    this.height = Math.ceil(from.height / 2)
    this.#half = new Uint8Array(this.width * this.height)
  }

  /** Halvings of which each takes what the one before it gives. */
  static chain(from: Size, times: number): Halving[] {
    if (times === 0) return []
    const first = new Halving(from)
    return [first, ...Halving.chain(first, times - 1)]
  }

  /** @returns an array that the next plane overwrites. */
  of(samples: Uint8Array): Uint8Array {
    const { from, width, height } = this
    workMemory.reset(bandRows * (2 * from.width + width))
    const given = workMemory.bytes(2 * bandRows * from.width)
    const half = workMemory.bytes(bandRows * width)
    for (let y = 0; y < height; y += bandRows) {
      const [top, bottom] = [2 * y, Math.min(from.height, 2 * (y + bandRows))]
      given.set(samples.subarray(top * from.width, bottom * from.width))
      kernels.halve(given.byteOffset, from.width, bottom - top, half.byteOffset)
      const rows = Math.min(bandRows, height - y)
      this.#half.set(half.subarray(0, rows * width), y * width)
    }
    return this.#half
  }
}
