import { inOrder } from '../export/in-order.js'
import type { ClientOptions } from '../storage/client.js'
import type { SharedStore } from '../storage/store.js'
import { Batch } from './batch.js'
import type { BatchVideo, VideoResult } from './contract.js'
import type { BatchSummary } from './merge-contract.js'
import { writeIndex } from './merge-index.js'
import { type DatasetOfVideo, summarize } from './merge-summary.js'
import { placeOfBatch } from './place-of-batch.js'
import { resultsAhead } from './unsettled.js'

export const summaryName = 'summary.json'

/**
 * Makes one index of the datasets of a batch, and says what became of its videos. A batch that is not finished can be
 * merged. Merged again it replaces both files, with the same bytes if nothing has changed.
 * @param location folder or prefix of the batch.
 * @throws UsageError when there is no batch, InputError for a record of it that is malformed.
 */
export async function mergeBatch(location: string, access: ClientOptions): Promise<BatchSummary> {
  const place = placeOfBatch(location)
  await using batch = await Batch.open(place, access)
  const results: VideoResult[] = []
  const notBegun: BatchVideo[] = []
  const begun = await batch.withResult()
  const reading = inOrder(batch.videos, resultsAhead, async video => ({
    video,
    result: begun.has(video.id) ? await batch.resultOf(video) : undefined,
  }))
  for await (const { video, result } of reading) {
    if (result === undefined) notBegun.push(video)
    else results.push(result)
  }
  const datasets = await datasetsOf(results, batch)
  const stores = new Map(datasets.map(({ store }) => [store.root, store]))
  const index = await writeIndex([...stores.values()], place, access)
  const summary = summarize(batch, results, notBegun, datasets, index)
  await batch.replace(summaryName, `${JSON.stringify(summary, null, 2)}\n`)
  return summary
}

/** Of the videos that are done; equal videos share one. */
async function datasetsOf(results: readonly VideoResult[], batch: Batch): Promise<DatasetOfVideo[]> {
  const stores = new Map<string, SharedStore>()
  const datasets: DatasetOfVideo[] = []
  for (const { id, state, made } of results) {
    if (state !== 'done' || made === undefined) continue
    const found = await batch.datasetOf(made)
    const store = stores.get(found.root) ?? found
    stores.set(store.root, store)
    datasets.push({ id, made, store })
  }
  return datasets
}
