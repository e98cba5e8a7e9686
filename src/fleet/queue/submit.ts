import type { JobType } from 'bullmq'
import type { Batch } from '../batch.js'
import { inOrder } from '../run-batch.js'
import { unsettled } from '../unsettled.js'
import { jobIdOf, jobPriorityOf } from './contract.js'
import type { QueueServer } from './server.js'

/** Jobs that are added with one request. */
const bulk = 1000

/** Jobs that are done are kept for `cropstream status` alone: what is done stands in the batch. */
const keepCompleted = { age: 7 * 24 * 3600, count: 20_000 } as const

/** Videos of a batch, by what a submit found. */
export interface Submitted {
  readonly added: number
  /** In the queue before: they wait, or a worker has them. */
  readonly queued: number
  readonly done: number
  /** In the queue as failed for good. */
  readonly failed: number
}

/** Adds a job for each video that is neither done nor in the queue. The most important is first, then the longest. */
export async function submitBatch({ queue }: QueueServer, batch: Batch): Promise<Submitted> {
  const { done } = await unsettled(batch, batch.videos, false)
  const isDone = new Set(done.map(({ id }) => id))
  const idsOf = async (...types: JobType[]) => new Set(await queue.getRanges(types, 0, -1))
  const [queued, failed, completed] = await Promise.all([
    idsOf('waiting', 'prioritized', 'delayed', 'active'),
    idsOf('failed'),
    idsOf('completed'),
  ])
  const wanted = inOrder(batch.videos)
    .filter(({ id }) => !isDone.has(id))
    .map(video => ({ video, jobId: jobIdOf(batch.place, video) }))
  const missing = wanted.filter(({ jobId }) => !queued.has(jobId) && !failed.has(jobId))
  // Its dataset was removed since: the storage is the truth.
  await Promise.all(
    missing.filter(({ jobId }) => completed.has(jobId)).map(({ jobId }) => queue.remove(jobId)),
  )
  for (let from = 0; from < missing.length; from += bulk) {
    await queue.addBulk(
      missing.slice(from, from + bulk).map(({ video, jobId }) => ({
        name: video.id,
        data: { ...batch.place, video: video.id, uri: video.uri },
        opts: { jobId, priority: jobPriorityOf(video), removeOnComplete: keepCompleted, stackTraceLimit: 0 },
      })),
    )
  }
  return {
    added: missing.length,
    queued: wanted.filter(({ jobId }) => queued.has(jobId)).length,
    done: isDone.size,
    failed: wanted.filter(({ jobId }) => failed.has(jobId)).length,
  }
}
