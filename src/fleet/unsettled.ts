import { inOrder } from '../export/in-order.js'
import type { Batch } from './batch.js'
import type { BatchVideo, VideoResult } from './contract.js'

/** Results that are read at once. */
export const resultsAhead = 16

/** What earlier processes have made of some videos of a batch. */
export interface Unsettled {
  /** Still to be tried, in the order of the list. */
  readonly videos: readonly BatchVideo[]
  readonly done: readonly VideoResult[]
  /** For good. */
  readonly failed: readonly VideoResult[]
}

/** @param retry what has failed for good is tried again, as if it never was. */
export async function unsettled(
  batch: Batch,
  videos: readonly BatchVideo[],
  retry: boolean,
): Promise<Unsettled> {
  const begun = await batch.withResult()
  const stateOf = async (video: BatchVideo): Promise<VideoResult | undefined> => {
    const result = begun.has(video.id) ? await batch.resultOf(video) : undefined
    if (result === undefined || result.state === 'unfinished') return undefined
    if (result.state === 'failed' && !retry) return result
    if (result.state === 'done' && (await batch.holds(result))) return result
    await batch.forget(video)
    return undefined
  }
  const results: (VideoResult | undefined)[] = []
  for await (const result of inOrder(videos, resultsAhead, stateOf)) results.push(result)
  const settled = results.filter(result => result !== undefined)
  return {
    videos: videos.filter((_, i) => results[i] === undefined),
    done: settled.filter(({ state }) => state === 'done'),
    failed: settled.filter(({ state }) => state === 'failed'),
  }
}
