import type { Subset } from '../types.js'

interface Part<File> {
  readonly number: number
  readonly file: File
}

/** The files of each side, one open at a time: the next is started when an image has no room in it. */
export class Parts<File> {
  readonly #open = new Map<Subset, Part<File>>()

  constructor(
    readonly start: (subset: Subset, number: number) => File | Promise<File>,
    readonly finish: (file: File) => Promise<unknown>,
  ) {}

  /** The file for the next image of a side. */
  async for(subset: Subset, hasRoom: (file: File) => boolean): Promise<File> {
    const open = this.#open.get(subset)
    if (open !== undefined && hasRoom(open.file)) return open.file
    if (open !== undefined) await this.finish(open.file)
    const number = open === undefined ? 0 : open.number + 1
    const file = await this.start(subset, number)
    this.#open.set(subset, { number, file })
    return file
  }

  async end(): Promise<void> {
    for (const { file } of this.#open.values()) await this.finish(file)
  }
}
