import { InputError } from '../common/errors.js'
import { indexColumns, indexRow } from '../export/image-columns.js'
import { inOrder } from '../export/in-order.js'
import { ParquetFile } from '../export/parquet-file.js'
import { readRun, type StoredRun } from '../export/read-run.js'
import { locateImages } from '../export/run-images.js'
import type { ClientOptions } from '../storage/client.js'
import type { ObjectStream, SharedStore } from '../storage/store.js'
import { Batch } from './batch.js'
import type { BatchPlace } from './contract.js'

export const indexName = 'index.parquet'

/** More than in an export: ten million images make 2000 groups. */
const groupRows = 5000
/** Runs that are opened while another is read. */
const runsAhead = 4

/** An identity is unique across the videos, whatever its batch. */
const columns = indexColumns.map(column =>
  column.name === 'identity' ? { name: column.name, type: 'text' as const } : column,
)

export interface Indexed {
  readonly images: number
  readonly identities: number
  readonly imageBytes: number
}

/** What an index holds of each run, and why it holds nothing of the others. */
export interface IndexedRuns {
  readonly indexed: ReadonlyMap<SharedStore, Indexed>
  readonly unread: ReadonlyMap<SharedStore, InputError>
}

/** Writes an index with one row for each image of some runs, in their order. A run that cannot be read has no row. */
export async function writeIndex(
  runs: readonly SharedStore[],
  place: BatchPlace,
  access: ClientOptions,
): Promise<IndexedRuns> {
  const unread = new Map<SharedStore, InputError>()
  for (;;) {
    // Opened for each reading: closing it removes what was not published.
    await using batch = await Batch.open(place, access)
    const readable = runs.filter(run => !unread.has(run))
    const indexed = await tryToWrite(readable, unread, batch.store)
    // A run that breaks off halfway has rows already: the others are read again.
    if (indexed !== undefined) return { indexed, unread }
  }
}

/** Undefined, and nothing is written, when a run broke off after its first row. */
async function tryToWrite(
  runs: readonly SharedStore[],
  unread: Map<SharedStore, InputError>,
  target: SharedStore,
): Promise<Map<SharedStore, Indexed> | undefined> {
  const file = await ParquetFile.in({ stream: () => replacing(target) }, indexName, columns, {}, groupRows)
  const indexed = new Map<SharedStore, Indexed>()
  let isWhole = true
  for await (const [store, run] of inOrder(runs, runsAhead, openRun)) {
    try {
      if (run instanceof InputError) throw run
      // Those behind a broken one are read all the same, to know all that are broken.
      indexed.set(store, await addRows(run, isWhole ? file : undefined))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      unread.set(store, error)
      if (error !== run) isWhole = false
    }
  }
  if (!isWhole) return undefined
  await file.publish()
  return indexed
}

/** Its manifest without its objects, which may be a million. */
async function openRun(store: SharedStore): Promise<[SharedStore, StoredRun | InputError]> {
  try {
    return [store, await readRun(store)]
  } catch (error) {
    if (error instanceof InputError) return [store, error]
    throw error
  }
}

async function addRows(run: StoredRun, file: ParquetFile | undefined): Promise<Indexed> {
  const tracks = new Set<number>()
  let [images, imageBytes] = [0, 0]
  for await (const { trackId, ...image } of locateImages(run)) {
    const identity = { id: `${run.info.videoGuid}/${trackId}`, trackId, name: undefined }
    await file?.add(indexRow({ ...image, run: run.info, identity }))
    tracks.add(trackId)
    images++
    imageBytes += image.stored.bytes
  }
  return { images, imageBytes, identities: tracks.size }
}

/** A stream that replaces the index of an earlier merge when it is published: a bucket replaces no object. */
async function replacing(store: SharedStore): Promise<ObjectStream> {
  // What a merge left that was killed would be in the way.
  for (const { path } of await store.list(indexName)) if (path !== indexName) await store.remove(path)
  const stream = await store.createStream(indexName)
  return {
    append: piece => stream.append(piece),
    publish: async () => {
      await store.remove(indexName)
      return stream.publish()
    },
  }
}
