import { createHash } from 'node:crypto'
import type { MadeObject, ObjectStream, Store } from '../storage/store.js'

/**
 * Streams `manifest.json`: the inputs of the run and every object that it made. It is published last; a run without it is
 * not complete. Nothing in it depends on the clock, on threads or on the machine, so equal runs have equal manifests.
 */
export class Manifest {
  readonly #all = createHash('sha256')
  #objects = 0
  #bytes = 0

  private constructor(readonly file: ObjectStream) {}

  /** @param head fields known before the first object, such as options and the model's hash. */
  static async in(store: Store, head: Readonly<Record<string, unknown>>): Promise<Manifest> {
    const manifest = new Manifest(await store.createStream('manifest.json'))
    const fields = Object.entries({ format: 'cropstream/1', ...head })
    await manifest.file.append(`{\n${fields.map(field).join('')}  "objects": [`)
    return manifest
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Hash over the objects so far, lower-case hexadecimal: `dataset_sha256`, once all of them were added. */
  get sha256(): string {
    return this.#all.copy().digest('hex')
  }

  /** Adds an object; the order of the calls is the order in the file. */
  readonly add = async (object: MadeObject): Promise<void> => {
    const { path, bytes, sha256 } = object
    // The line format of `sha256sum --check`.
    this.#all.update(`${sha256}  ${path}\n`)
    await this.file.append(`${this.#objects++ === 0 ? '' : ','}\n    ${JSON.stringify(object)}`)
    this.#bytes += bytes
  }

  /** @param tail fields known after the last object, such as counts. @returns `dataset_sha256`, lower-case hexadecimal. */
  async publish(tail: Readonly<Record<string, unknown>>): Promise<string> {
    const dataset = this.sha256
    const fields = Object.entries({ ...tail, dataset_bytes: this.#bytes, dataset_sha256: dataset })
    await this.file.append(`\n  ],\n${fields.map(field).join('').replace(/,\n$/, '\n')}}\n`)
    await this.file.publish()
    return dataset
  }
}

const field = ([name, value]: [string, unknown]): string =>
  `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`
