import type { SharedStore } from '../storage/store.js'
import type { Batch } from './batch.js'
import type { BatchVideo, Made, VideoResult } from './contract.js'
import { groupFailures } from './group-failures.js'
import type { BatchSummary, Totals } from './merge-contract.js'
import type { IndexedRuns } from './merge-index.js'
import { retryCommands } from './retry-commands.js'

/** A video that is done. */
export interface DatasetOfVideo {
  readonly id: string
  readonly made: Made
  /** The same for videos of the same content. */
  readonly store: SharedStore
}

/**
 * What became of the videos of a batch. Nothing in it depends on the clock.
 * @param results in the order of the list.
 */
export function summarize(
  batch: Batch,
  results: readonly VideoResult[],
  notBegun: readonly BatchVideo[],
  datasets: readonly DatasetOfVideo[],
  { indexed, unread }: IndexedRuns,
): BatchSummary {
  const inState = (state: VideoResult['state']) => results.filter(result => result.state === state)
  const [failed, unfinished] = [inState('failed'), inState('unfinished')]
  const first = new Map<SharedStore, DatasetOfVideo>()
  const same = datasets.flatMap(dataset => {
    const other = first.get(dataset.store)
    if (other === undefined) first.set(dataset.store, dataset)
    return other === undefined ? [] : [{ id: dataset.id, same_as: other.id }]
  })
  const unreadable = datasets.flatMap(({ id, store }) => {
    const error = unread.get(store)
    return error === undefined ? [] : [{ id, root: store.root, reason: error.message }]
  })
  return {
    format: 'cropstream-batch/1',
    batch: batch.place.name,
    videos: {
      ...{ failed: failed.length, unfinished: unfinished.length, not_begun: notBegun.length },
      done: inState('done').length,
    },
    totals: totalsOf(results, [...first.values()], indexed),
    failures: groupFailures(failed),
    retry: failed.length + unreadable.length > 0 ? retryCommands(batch) : null,
    unfinished: unfinished.map(({ id, exit_code, reason }) => ({ id, exit_code, reason: reason ?? null })),
    not_begun: notBegun.map(({ id }) => id),
    same_content: same,
    without_dataset: unreadable,
  }
}

function totalsOf(
  results: readonly VideoResult[],
  datasets: readonly DatasetOfVideo[],
  indexed: IndexedRuns['indexed'],
): Totals {
  const runs = [...indexed.values()]
  const images = sum(runs, run => run.images)
  const seconds = sum(results, result => result.seconds)
  const coreSeconds = sum(results, result => result.core_seconds)
  return {
    datasets: runs.length,
    frames: sum(
      datasets.filter(({ store }) => indexed.has(store)),
      ({ made }) => made.frames,
    ),
    images,
    identities: sum(runs, run => run.identities),
    image_bytes: sum(runs, run => run.imageBytes),
    attempts: sum(results, ({ attempts }) => attempts.length),
    seconds: rounded(seconds, 1000),
    core_seconds: rounded(coreSeconds, 1000),
    seconds_per_image: images === 0 ? null : rounded(seconds / images, 1e6),
    core_seconds_per_image: images === 0 ? null : rounded(coreSeconds / images, 1e6),
  }
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

const rounded = (value: number, parts: number): number => Math.round(value * parts) / parts
