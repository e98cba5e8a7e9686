import { basename } from 'node:path/posix'
import type { Job } from 'bullmq'
import type { ChildProgress } from '../run-video.js'
import type { JobData } from './contract.js'
import type { QueueServer } from './server.js'

/** States of a job. While the queue is paused, what waits is `paused`. */
export const jobStates = [
  ...(['waiting', 'prioritized', 'active', 'delayed', 'completed', 'failed', 'paused'] as const),
] as const
export type JobState = (typeof jobStates)[number]

/** Jobs that are looked at one by one, at most. */
const shown = 1000
/** Different priorities that are looked at for the oldest job. */
const maxPriorities = 100

/** A queue at one moment. Field names are those of `cropstream status --json`. */
export interface QueueStatus {
  readonly jobs: Readonly<Record<JobState, number>>
  readonly is_paused: boolean
  /** Age of the oldest job that waits, 0 without one. */
  readonly oldest_seconds: number
  readonly running: readonly {
    readonly id: string
    readonly uri: string
    readonly batch: string
    readonly worker: string
    readonly seconds: number
    readonly progress?: Partial<ChildProgress>
  }[]
  readonly failures: readonly Failure[]
}

/** Videos that failed for the same reason. */
export interface Failure {
  /** Without the name of the video. */
  readonly reason: string
  readonly ids: readonly string[]
}

export async function lookAt(server: QueueServer): Promise<QueueStatus> {
  const { queue } = server
  const [{ jobs, is_paused }, oldest_seconds, active, failed] = await Promise.all([
    countJobs(server),
    oldestSeconds(server),
    queue.getActive(0, shown),
    queue.getFailed(0, shown),
  ])
  return {
    jobs,
    is_paused,
    oldest_seconds,
    running: active.map(({ data, processedBy, processedOn, progress }) => ({
      id: data.video,
      uri: data.uri,
      batch: data.name,
      worker: processedBy ?? '',
      seconds: Math.round((Date.now() - (processedOn ?? Date.now())) / 1000),
      ...(typeof progress === 'object' && { progress }),
    })),
    failures: failuresOf(failed),
  }
}

export async function countJobs({ queue }: QueueServer): Promise<Pick<QueueStatus, 'jobs' | 'is_paused'>> {
  const [found, is_paused] = await Promise.all([
    queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'completed', 'failed'),
    queue.isPaused(),
  ])
  const of = (state: JobState): number => found[state] ?? 0
  const waits = is_paused
    ? { waiting: 0, prioritized: 0, paused: of('waiting') + of('prioritized') }
    : { waiting: of('waiting'), prioritized: of('prioritized'), paused: 0 }
  const others = {
    ...{ active: of('active'), delayed: of('delayed') },
    ...{ completed: of('completed'), failed: of('failed') },
  }
  return { is_paused, jobs: { ...waits, ...others } }
}

/** Age of the oldest job that waits; 0 without one. Within a priority the first one is the oldest. */
export async function oldestSeconds({ queue, client }: QueueServer): Promise<number> {
  const ids = await queue.getRanges(['waiting'], 0, 0, true)
  const key = queue.toKey('prioritized')
  let from = '-inf'
  for (let i = 0; i < maxPriorities; i++) {
    const [id, score] = await client.zrange(key, from, '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
    if (id === undefined) break
    ids.push(id)
    from = String((Math.floor(Number(score) / 2 ** 32) + 1) * 2 ** 32)
  }
  const jobs = await Promise.all(ids.map(id => queue.getJob(id)))
  const oldest = Math.min(...jobs.map(job => job?.timestamp ?? Number.POSITIVE_INFINITY))
  return Number.isFinite(oldest) ? Math.max(0, (Date.now() - oldest) / 1000) : 0
}

/** The reason of a failed job without the name of its video, so that equal ones can be counted. */
export function reasonOf({ failedReason, data }: Job<JobData>): string {
  const name = basename(data.uri)
  return failedReason.replaceAll(data.uri, '…').replaceAll(name, '…')
}

function failuresOf(jobs: readonly Job<JobData>[]): Failure[] {
  const ids = new Map<string, string[]>()
  for (const job of jobs) {
    const reason = reasonOf(job)
    ids.set(reason, [...(ids.get(reason) ?? []), job.data.video])
  }
  return [...ids].map(([reason, ids]) => ({ reason, ids })).sort((a, b) => b.ids.length - a.ids.length)
}
