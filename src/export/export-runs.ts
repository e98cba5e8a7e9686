import { UsageError } from '../common/errors.js'
import { version } from '../common/version.js'
import type { Values } from '../settings/setting.js'
import type { ClientOptions } from '../storage/client.js'
import { StorageFactory } from '../storage/storage-factory.js'
import type { SharedStore } from '../storage/store.js'
import type { SideCount } from './audit.js'
import type { Dataset, Format } from './contract.js'
import type { Curation } from './curation.js'
import { openDataset } from './dataset.js'
import { Reviews } from './reviews.js'
import { ExportTarget } from './target.js'

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

/** Most bytes of images that wait to be written: each keeps the piece of a shard that it is from. */
const waitingBytes = 4 << 20

/** Written last: an export without it is not complete. */
const recordName = 'export.json'
/** There while an export is under way, with what it is made from. */
const startedName = '.export-started.json'

/**
 * Writes the images of complete runs in another format.
 * @param locations see `findRuns`.
 * @param out folder or `gs://bucket/prefix`: empty, or with the same export, which is then resumed.
 * @param reviews paths of the `review.json` of some of the runs.
 * @param onImage called for each image that is written.
 * @throws UsageError, InputError or OutputError, with the cause and a remedy.
 */
export async function exportRuns(
  locations: readonly string[],
  out: string,
  format: Format,
  options: Values<Format['settings']> & Curation,
  access: ClientOptions,
  reviews: readonly string[] = [],
  onImage: () => void = () => {},
): Promise<ExportSummary> {
  const storage = new StorageFactory(out, access, {}, undefined, waitingBytes)
  const dataset = await openDataset(locations, storage, options, await Reviews.read(reviews, storage))
  const inputs = inputsOf(dataset, format, options)
  await using output = await openOutput(storage, inputs)
  if (output.complete !== undefined) return output.complete
  const { store } = output
  const target = new ExportTarget(store, storage.window, onImage)
  await format.write(dataset, target, options).catch(async error => {
    // Refused before the first object: nothing is left behind.
    if (target.objects === 0) await store.remove(startedName)
    throw error
  })
  const sha256 = await target.finish()
  const summary: ExportSummary = {
    ...{ format: format.name, runs: dataset.runs.length, identities: dataset.identities.length },
    ...{ sides: target.audit.counts, left_out: dataset.leftOut, audit: target.audit.check(format.promised) },
    ...{ objects: target.objects, bytes: target.bytes, sha256 },
  }
  await store.write(recordName, Buffer.from(`${JSON.stringify({ inputs, ...summary }, null, 2)}\n`))
  await store.remove(startedName)
  return summary
}

/** Equal inputs make equal exports. */
const inputsOf = ({ runs }: Dataset, { name }: Format, options: object) => ({
  version,
  format: name,
  options,
  runs: runs.map(({ videoGuid, datasetSha256, reviewSha256 }) => ({
    video_guid: videoGuid,
    dataset_sha256: datasetSha256,
    ...(reviewSha256 !== undefined && { review_sha256: reviewSha256 }),
  })),
})

interface Output extends AsyncDisposable {
  readonly store: SharedStore
  /** Of an export with the same inputs that is complete. */
  readonly complete?: ExportSummary
}

/** @throws UsageError when something else is there. */
async function openOutput(storage: StorageFactory, inputs: object): Promise<Output> {
  const store = await storage.open()
  const disposable = { store, [Symbol.asyncDispose]: () => store.close() }
  const wanted = JSON.stringify(inputs)
  const record = await store.read(recordName)
  if (record !== undefined) {
    const { inputs: made, ...summary } = JSON.parse(record.toString())
    if (JSON.stringify(made) === wanted)
      return { ...disposable, complete: { ...summary, alreadyComplete: true } }
    throw new UsageError(
      `Cannot export to ${store.root}: another export is there, of other runs or with other options; give another --out`,
    )
  }
  const started = await store.read(startedName)
  const listed = await store.indexExisting()
  if (started?.toString() !== wanted && listed.length > 0) {
    const what =
      started === undefined ? `it is not empty (${listed[0]?.path})` : 'another export was begun there'
    throw new UsageError(`Cannot export to ${store.root}: ${what}; give another --out`)
  }
  await store.create(startedName, Buffer.from(wanted))
  return disposable
}
