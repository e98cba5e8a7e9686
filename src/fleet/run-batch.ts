import { setTimeout } from 'node:timers/promises'
import PQueue from 'p-queue'
import { exitCode } from '../common/errors.js'
import { type Attempted, attemptVideo } from './attempt-video.js'
import type { Batch } from './batch.js'
import type { BatchVideo } from './contract.js'
import { Outage } from './outage.js'
import type { ChildProgress } from './run-video.js'

/** What a run of a batch tells. */
export interface BatchListener {
  began(video: BatchVideo): void
  progressed(video: BatchVideo, progress: ChildProgress): void
  /** Of an attempt. */
  ended(video: BatchVideo, attempted: Attempted): void
  /** Nothing is begun for a while, since one output after another failed. */
  paused(seconds: number): void
}

interface Options {
  /** Videos at once. */
  readonly parallel: number
  /** Of this machine, for each process. */
  readonly machine: Readonly<Record<string, unknown>>
  readonly failFast: boolean
  /** Each video once: the engine that started this task tries it again. Only another process is waited for. */
  readonly once: boolean
}

/** Between a child that somebody else interrupted and the next. */
const interruptedSeconds = 1

/**
 * Tries the videos of a batch until each is done or has failed for good: the most important first, then the longest.
 * @param signal stops it: children write checkpoints and end, and another call goes on from there.
 */
export async function runBatch(
  batch: Batch,
  videos: readonly BatchVideo[],
  { parallel, machine, failFast, once }: Options,
  signal: AbortSignal,
  listener: BatchListener,
): Promise<void> {
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const queue = new PQueue({ concurrency: parallel })
  const outage = new Outage()
  const attempt = async (video: BatchVideo): Promise<Attempted | undefined> => {
    if (stop.aborted) return undefined
    listener.began(video)
    const attempted = await attemptVideo(batch, video, machine, stop, progress =>
      listener.progressed(video, progress),
    )
    listener.ended(video, attempted)
    // Before this place in the queue is free for another video.
    if (attempted.verdict.next === 'fail' && failFast) failed.abort()
    const code = attempted.result?.exit_code ?? exitCode.busy
    // A person who waits for a batch rather reads what failed: only a storage that is gone may come back.
    const seconds = once || attempted.verdict.next === 'fail' ? 0 : outage.pauseAfter(code)
    if (seconds > 0) {
      queue.pause()
      listener.paused(seconds)
      void wait(seconds, stop).then(() => queue.start())
    }
    return attempted
  }
  const finish = async (video: BatchVideo): Promise<void> => {
    for (;;) {
      const attempted = await queue.add(() => attempt(video))
      if (attempted === undefined || stop.aborted) return
      const { verdict, result } = attempted
      const isBusy = result === undefined
      if (verdict.next === 'done' || verdict.next === 'fail' || (once && !isBusy)) return
      await wait(verdict.next === 'again' ? verdict.afterSeconds : interruptedSeconds, stop)
    }
  }
  // A stop also ends a pause: what waits in the queue then returns at once.
  stop.addEventListener('abort', () => queue.start(), { once: true })
  const ends = inOrder(videos).map(async video => {
    try {
      await finish(video)
    } catch (error) {
      // The results cannot be written: nothing more is begun, and what is under way writes its checkpoints.
      failed.abort()
      throw error
    }
  })
  await Promise.allSettled(ends)
  await Promise.all(ends)
}

const wait = (seconds: number, signal: AbortSignal): Promise<void> =>
  setTimeout(seconds * 1000, undefined, { signal }).catch(() => {})

/** What is longest last keeps the others waiting at the end. */
export const inOrder = (videos: readonly BatchVideo[]): readonly BatchVideo[] =>
  [...videos].sort((a, b) => b.priority - a.priority || (b.bytes ?? 0) - (a.bytes ?? 0))
