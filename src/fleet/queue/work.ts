import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { Job } from 'bullmq'
import { Outage } from '../outage.js'
import type { ChildProgress } from '../run-video.js'
import { type JobData, queueName } from './contract.js'
import type { QueueServer } from './server.js'
import { type OwnOptions, type Tried, tryJob } from './try-job.js'

/** How fast the loss of a worker is noticed. The lock must outlast what keeps a busy machine from renewing it. */
export const workTiming = { lockSeconds: 60, stalledSeconds: 30 } as const
/** A spot machine may be taken away often: with the usual 1, BullMQ would give a video up at the second time. */
const maxStalledCount = 20
/** A spot machine gives 15 s in all, and a process has 10 s of them for its checkpoint. */
const exitSeconds = 11
/** Between a process that somebody else interrupted and the next. */
const interruptedSeconds = 1

/** What a worker tells. */
export interface WorkListener {
  began(job: JobData): void
  progressed(job: JobData, progress: ChildProgress): void
  ended(job: JobData, tried: Tried): void
  /** The queue gave the video to another worker, as this one was not heard of for too long. */
  lost(job: JobData): void
  /** Nothing is begun for a while, since one output after another failed. */
  paused(seconds: number): void
  warned(message: string): void
}

interface Running {
  readonly stop: AbortController
  lost: boolean
}

/**
 * Works on the videos of a queue until it is stopped.
 * @param parallel videos at once.
 * @param signal ends it: processes write checkpoints, and their videos go back to the head of the queue.
 * @param timing for tests.
 * @returns how many videos it has handed back.
 */
export async function work(
  { bullmq, client }: QueueServer,
  options: OwnOptions & { readonly parallel: number },
  signal: AbortSignal,
  listener: WorkListener,
  timing: { readonly lockSeconds: number; readonly stalledSeconds: number } = workTiming,
): Promise<number> {
  const { DelayedError, UnrecoverableError, WaitingError, Worker } = bullmq
  const running = new Map<string, Running>()
  const outage = new Outage()
  let handedBack = 0
  let pause: NodeJS.Timeout | undefined

  const handle = async (job: Job<JobData>, token = ''): Promise<unknown> => {
    const { id = '', data } = job
    const mine: Running = { stop: new AbortController(), lost: false }
    running.set(id, mine)
    if (signal.aborted) mine.stop.abort()
    try {
      listener.began(data)
      await restorePriority(job)
      const tried = await tryJob(job, options, mine.stop.signal, progressOf(job, listener))
      // Another worker has it: what became of it here is in the batch, and the queue need not know.
      if (mine.lost) {
        listener.lost(data)
        throw new WaitingError()
      }
      listener.ended(data, tried)
      pauseAfter(tried)
      return await settle(job, token, tried)
    } finally {
      running.delete(id)
    }
  }

  const settle = async (job: Job<JobData>, token: string, { verdict, result }: Tried): Promise<unknown> => {
    switch (verdict.next) {
      case 'done':
        return result?.made
      case 'fail':
        throw new UnrecoverableError(verdict.reason)
      case 'again':
        await job.moveToDelayed(Date.now() + verdict.afterSeconds * 1000, token)
        throw new DelayedError()
      case 'hand-back':
        if (!signal.aborted) {
          await job.moveToDelayed(Date.now() + interruptedSeconds * 1000, token)
          throw new DelayedError()
        }
        // Before all others, since it is begun; and only so BullMQ wakes a worker that waits.
        await job.changePriority({ priority: 0 })
        await job.moveToWait(token)
        handedBack++
        throw new WaitingError()
    }
  }

  const pauseAfter = ({ code }: Tried): void => {
    const seconds = outage.pauseAfter(code)
    if (seconds === 0 || signal.aborted) return
    listener.paused(seconds)
    void worker.pause(true)
    clearTimeout(pause)
    pause = setTimeout(() => void worker.resume(), seconds * 1000)
  }

  const worker = new Worker<JobData>(queueName, handle, {
    connection: client,
    name: `${hostname()}:${process.pid}`,
    autorun: false,
    concurrency: options.parallel,
    lockDuration: timing.lockSeconds * 1000,
    stalledInterval: timing.stalledSeconds * 1000,
    maxStalledCount,
  })
  worker.on('lockRenewalFailed', ids => {
    for (const id of ids) {
      const mine = running.get(id)
      if (mine === undefined) continue
      mine.lost = true
      mine.stop.abort()
    }
  })
  worker.on('error', error => {
    if (client.status === 'ready') listener.warned(error.message) // otherwise the server is down, and that is said
  })
  const stopped = new Promise<void>(resolve =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  void worker.run()
  if (!signal.aborted) await stopped
  clearTimeout(pause)
  for (const { stop } of running.values()) stop.abort()
  const closed = worker.close().then(() => true)
  const isClosed = await Promise.race([closed, delay(exitSeconds * 1000, false, { ref: false })])
  // The server is down, or a storage does not answer: other workers find what was not handed back.
  if (!isClosed) void worker.disconnect().catch(() => {})
  return handedBack
}

/** Of a job that was handed back: it was changed to be taken at once. */
async function restorePriority(job: Job<JobData>): Promise<void> {
  const { priority } = job.opts
  if (priority !== undefined && job.priority !== priority) await job.changePriority({ priority })
}

/** Skips what comes while the server is down. */
function progressOf(job: Job<JobData>, listener: WorkListener): (progress: ChildProgress) => void {
  let isSending = false
  return progress => {
    listener.progressed(job.data, progress)
    if (isSending) return
    isSending = true
    job
      .updateProgress({ ...progress })
      .catch(() => {})
      .finally(() => {
        isSending = false
      })
  }
}
