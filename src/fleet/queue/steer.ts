import { setTimeout } from 'node:timers/promises'
import { reasonOf } from './look.js'
import type { QueueServer } from './server.js'

/** Failed jobs that are read at once. */
const page = 500
/** Between two looks at whether workers are done. */
const drainMs = 500

/** Which failed jobs; all without any. */
interface Which {
  /** Part of the reason, as `cropstream status` shows it. */
  readonly reason?: string | undefined
  /** Of the video. */
  readonly id?: string | undefined
}

/** Tries failed jobs again, as if they never were tried. @returns how many. */
export async function retryFailed({ queue }: QueueServer, { reason = '', id }: Which): Promise<number> {
  const ids = await queue.getRanges(['failed'], 0, -1)
  let count = 0
  for (let from = 0; from < ids.length; from += page) {
    const jobs = await Promise.all(ids.slice(from, from + page).map(id => queue.getJob(id)))
    for (const job of jobs) {
      if (job?.id === undefined || (id !== undefined && job.data.video !== id)) continue
      if (!reasonOf(job).includes(reason)) continue
      // Not `job.retry`: it would keep how often its workers were lost, and fail again at once.
      await job.remove()
      await queue.add(job.name, { ...job.data, forget: true }, { ...job.opts, jobId: job.id })
      count++
    }
  }
  return count
}

/** Pauses the queue and waits until no worker has a video any more. */
export async function drain({ queue }: QueueServer, onActive: (videos: number) => void): Promise<void> {
  await queue.pause()
  let last: number | undefined
  for (;;) {
    const active = await queue.getActiveCount()
    if (active === 0) return
    if (active !== last) onActive(active)
    last = active
    await setTimeout(drainMs)
  }
}
