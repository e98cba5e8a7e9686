import { isLease, RunLease } from '../checkpoint/run-lease.js'
import { UsageError } from '../common/errors.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { SharedStore } from '../storage/store.js'
import type { SideCount } from './audit.js'

/** What an export made: as `export.json` says it. */
export interface ExportSummary {
  readonly format: string
  readonly runs: number
  readonly identities: number
  readonly sides: readonly SideCount[]
  /** Images that the options leave out, by reason. */
  readonly left_out: Readonly<Record<string, number>>
  /** What the audit proved. */
  readonly audit: readonly string[]
  readonly objects: number
  readonly bytes: number
  /** Hash over all objects: equal exports have equal hashes. */
  readonly sha256: string
  /** It was there before: nothing was written. */
  readonly alreadyComplete?: true
}

/** Written last: an export without it is not complete. */
const recordName = 'export.json'
/** There while an export is under way, with what it is made from. */
const startedName = '.export-started.json'

/** Where an export is written, by one process at a time. */
export class ExportPlace implements AsyncDisposable {
  #lease: RunLease | undefined

  private constructor(
    readonly store: SharedStore,
    /** What the export is made from: equal inputs make equal exports. */
    readonly inputs: object,
    /** Of an export with the same inputs that is complete. */
    public complete?: ExportSummary,
  ) {}

  /** @throws UsageError when something else is there; CropstreamError `busy` when another process writes there. */
  static async open(storage: StorageFactory, inputs: object): Promise<ExportPlace> {
    const place = new ExportPlace(await storage.open(), inputs)
    try {
      await place.#open()
      return place
    } catch (error) {
      await place[Symbol.asyncDispose]()
      throw error
    }
  }

  async #open(): Promise<void> {
    const { store } = this
    this.complete = await this.#readRecord()
    if (this.complete !== undefined) return
    const listed = await store.list('')
    const first = listed.find(object => !isLease(object))
    const started = await store.read(startedName)
    const wanted = JSON.stringify(this.inputs)
    if (first !== undefined && started?.toString() !== wanted) {
      const what =
        started === undefined ? `it is not empty (${first.path})` : 'another export was begun there'
      throw new UsageError(`Cannot export to ${store.root}: ${what}; give another --out`)
    }
    this.#lease = await RunLease.acquire(store, listed)
    // Of processes that have ended.
    for (const object of listed) if (isLease(object)) await store.remove(object.path)
    // The last one may have completed it since the listing.
    this.complete = await this.#readRecord()
    if (this.complete !== undefined) return
    await store.indexExisting()
    await store.create(startedName, Buffer.from(wanted))
  }

  async #readRecord(): Promise<ExportSummary | undefined> {
    const record = await this.store.read(recordName)
    if (record === undefined) return undefined
    const { inputs, ...summary } = JSON.parse(record.toString())
    if (JSON.stringify(inputs) === JSON.stringify(this.inputs)) return { ...summary, alreadyComplete: true }
    throw new UsageError(
      `Cannot export to ${this.store.root}: another export is there, of other runs or with other options; give another --out`,
    )
  }

  async publish(summary: ExportSummary): Promise<void> {
    const record = { inputs: this.inputs, ...summary }
    await this.store.write(recordName, Buffer.from(`${JSON.stringify(record, null, 2)}\n`))
    await this.forget()
  }

  /** Nothing was written that another export could resume. */
  forget(): Promise<void> {
    return this.store.remove(startedName)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease?.[Symbol.asyncDispose]()
    await this.store.close()
  }
}
