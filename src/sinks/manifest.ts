import { createHash } from 'node:crypto'
import type { MadeObject, ObjectStream, Store } from '../storage/store.js'

/**
 * `manifest.json`: what the run was made from and every object that it made. Objects stream into it; it
 * appears under its name last, and a run without it is not complete. Nothing in it depends on the clock,
 * on threads or on where the run was made, so that equal runs have equal manifests.
 */
export class Manifest {
  readonly #all = createHash('sha256')
  #objects = 0
  #bytes = 0

  private constructor(readonly file: ObjectStream) {}

  /** @param head what is known before the first object, as options and the model's hash. */
  static async in(store: Store, head: Readonly<Record<string, unknown>>): Promise<Manifest> {
    const manifest = new Manifest(await store.createStream('manifest.json'))
    const fields = Object.entries({ format: 'cropstream/1', ...head })
    await manifest.file.append(`{\n${fields.map(field).join('')}  "objects": [`)
    return manifest
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Lists an object. The order of the calls is the order in the file. */
  readonly add = async (object: MadeObject): Promise<void> => {
    const { path, bytes, sha256 } = object
    // The form that `sha256sum --check` reads.
    this.#all.update(`${sha256}  ${path}\n`)
    await this.file.append(`${this.#objects++ === 0 ? '' : ','}\n    ${JSON.stringify(object)}`)
    this.#bytes += bytes
  }

  /** @param tail what is known after the last object, as counts. @returns the hash over all objects. */
  async publish(tail: Readonly<Record<string, unknown>>): Promise<string> {
    const dataset = this.#all.digest('hex')
    const fields = Object.entries({ ...tail, dataset_bytes: this.#bytes, dataset_sha256: dataset })
    await this.file.append(`\n  ],\n${fields.map(field).join('').replace(/,\n$/, '\n')}}\n`)
    await this.file.publish()
    return dataset
  }
}

const field = ([name, value]: [string, unknown]): string =>
  `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`
