import { exitCode } from '../common/errors.js'
import { defaultWorkers } from '../runtime/worker-pool.js'
import type { Batch } from './batch.js'
import type { BatchVideo, Verdict, VideoResult } from './contract.js'
import { type ChildProgress, runVideo } from './run-video.js'
import { verdictOn } from './verdict.js'

export interface Attempted {
  readonly verdict: Verdict
  /** Undefined while another process works on the video: the result is that one's to write. */
  readonly result?: VideoResult
}

/**
 * Tries a video once more and records what became of it. This is all that an engine needs, whatever it is: the
 * earlier attempts are read from the batch.
 * @param machine options of this machine.
 * @param signal hands the video back: its process writes a checkpoint and ends.
 */
export async function attemptVideo(
  batch: Batch,
  video: BatchVideo,
  machine: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  onProgress: (progress: ChildProgress) => void = () => {},
): Promise<Attempted> {
  const prior = await batch.resultOf(video)
  const before = prior?.attempts ?? []
  const workers = typeof machine.workers === 'number' ? machine.workers : defaultWorkers()
  const limited = before.length > 0 ? verdictOn(before, workers) : undefined
  const fewer = limited?.next === 'again' && limited.workers !== undefined && { workers: limited.workers }
  const { attempt, made, log } = await runVideo(
    video,
    batch.place,
    { ...machine, ...fewer },
    signal,
    onProgress,
  )
  const attempts = [...before, attempt]
  const verdict = verdictOn(attempts, workers)
  if (attempt.exit_code === exitCode.busy) return { verdict }
  const reason = verdict.next === 'fail' ? verdict.reason : attempt.reason
  const result: VideoResult = {
    ...{ id: video.id, uri: video.uri, state: stateOf(verdict), exit_code: attempt.exit_code },
    ...(reason !== undefined && { reason }),
    seconds: (prior?.seconds ?? 0) + attempt.seconds,
    core_seconds: (prior?.core_seconds ?? 0) + attempt.core_seconds,
    ...(made !== undefined && { made }),
    attempts,
  }
  await batch.log(video, log)
  // One that lost its place in a queue may have been overtaken.
  const overtaken = result.state !== 'done' && (await batch.resultOf(video))?.state === 'done'
  if (!overtaken) await batch.record(result)
  return { verdict, result }
}

function stateOf({ next }: Verdict): VideoResult['state'] {
  if (next === 'done') return 'done'
  return next === 'fail' ? 'failed' : 'unfinished'
}
