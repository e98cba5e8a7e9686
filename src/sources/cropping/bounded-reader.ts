import type { FileHandle } from 'node:fs/promises'

/** The structure of a file is not what its format defines, or takes too long to read. */
export class MalformedFile extends Error {}

/** Bytes of a file, from `start` to before `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Real files take a few hundred reads. */
const maxReads = 10_000

const maxLength = 2 ** 16

/**
 * Reads small pieces of a file. The number of reads and the length of each are bounded, and with them the time and
 * the memory that a malicious file can take, whatever loops its structure causes.
 */
export class BoundedReader {
  readonly #file: FileHandle
  #reads = 0
  /** All bytes of the file. */
  readonly all: Range

  constructor(file: FileHandle, size: number) {
    this.#file = file
    this.all = { start: 0, end: size }
  }

  /** @throws MalformedFile for bytes that the file does not have, and beyond the bounds. */
  async read(start: number, length: number): Promise<Buffer> {
    if (length > maxLength || start + length > this.all.end) throw new MalformedFile()
    if (++this.#reads > maxReads) throw new MalformedFile()
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(length), 0, length, start)
    if (bytesRead < length) throw new MalformedFile()
    return buffer
  }
}
