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
/** Before that, a process that is killed leaves no more than its lease and temporary files of these two. */
const temporaryName = /^\.(checkpoint\/lease-\d+|export-started)\.json\.[\da-f-]{36}\.tmp$/

/** Where an export is written, by one process at a time. */
export class ExportPlace implements AsyncDisposable {
  #lease: RunLease | undefined
  #wasEmpty = false

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
    const first = listed.find(object => !isLease(object) && !temporaryName.test(object.path))
    if (first !== undefined) await this.#refuseOther(`it is not empty (${first.path})`)
    this.#wasEmpty = first === undefined
    this.#lease = await RunLease.acquire(store, listed)
    // Of processes that have ended.
    for (const object of listed) if (isLease(object)) await store.remove(object.path)
    // The last one may have completed it since the listing, or begun another.
    this.complete = await this.#readRecord()
    if (this.complete !== undefined) return
    const isNew = await store.create(startedName, Buffer.from(this.#wanted))
    if (!isNew) await this.#refuseOther('another process has begun it')
    // Not before the place is known to be that of this export: it removes all temporary files.
    await store.indexExisting()
  }

  get #wanted(): string {
    return JSON.stringify(this.inputs)
  }

  /** @param otherwise why it is refused when no export was begun there. */
  async #refuseOther(otherwise: string): Promise<void> {
    const started = await this.store.read(startedName)
    if (started?.toString() === this.#wanted) return
    const what = started === undefined ? otherwise : 'another export was begun there'
    throw new UsageError(`Cannot export to ${this.store.root}: ${what}; give another --out`)
  }

  async #readRecord(): Promise<ExportSummary | undefined> {
    const record = await this.store.read(recordName)
    if (record === undefined) return undefined
    const { inputs, ...summary } = JSON.parse(record.toString())
    if (JSON.stringify(inputs) === this.#wanted) return { ...summary, alreadyComplete: true }
    throw new UsageError(
      `Cannot export to ${this.store.root}: another export is there, of other runs or with other options; give another --out`,
    )
  }

  async publish(summary: ExportSummary): Promise<void> {
    const record = { inputs: this.inputs, ...summary }
    await this.store.write(recordName, Buffer.from(`${JSON.stringify(record, null, 2)}\n`))
    await this.store.remove(startedName)
  }

  /** Nothing was written: if nothing was there before either, the place is left as it was. */
  async abandon(): Promise<void> {
    if (this.#wasEmpty) await this.store.remove(startedName)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease?.[Symbol.asyncDispose]()
    await this.store.close()
  }
}
