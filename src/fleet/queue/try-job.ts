import type { Job } from 'bullmq'
import { CropstreamError, classOf, exitCode } from '../../common/errors.js'
import type { ClientOptions } from '../../storage/client.js'
import { type Attempted, attemptVideo } from '../attempt-video.js'
import { backoffSeconds } from '../backoff.js'
import { Batch } from '../batch.js'
import type { Verdict, VideoResult } from '../contract.js'
import type { ChildProgress } from '../run-video.js'
import { type JobData, jobSchema } from './contract.js'

/** What became of a job. */
export interface Tried {
  readonly verdict: Verdict
  /** Of the process, or of what kept it from being started. */
  readonly code: number
  readonly reason?: string | undefined
  /** Of the process, if one was started. */
  readonly result?: VideoResult | undefined
}

/** What a worker brings along. */
export interface OwnOptions {
  /** Options of this machine. */
  readonly machine: Readonly<Record<string, unknown>>
  readonly access: ClientOptions
}

/** Tries the video of a job, unless its batch says that there is nothing to do. */
export async function tryJob(
  job: Job<JobData>,
  { machine, access }: OwnOptions,
  signal: AbortSignal,
  onProgress: (progress: ChildProgress) => void,
): Promise<Tried> {
  const { success, data } = jobSchema.safeParse(job.data)
  if (!success) return failed(exitCode.usage, 'it is not a job of cropstream')
  const { video: id, uri: _, forget, ...place } = data
  try {
    const batch = await Batch.find(place, access)
    // To one who has not mounted the folder, it looks the same.
    if (batch === undefined) return unreachable(job, `there is no batch ${place.name} in ${place.out}`)
    await using _batch = batch
    const video = batch.videos.find(video => video.id === id)
    if (video === undefined) return failed(exitCode.usage, `it is not in the batch ${place.name} any more`)
    if (forget === true) {
      await batch.forget(video)
      await job.updateData({ ...data, forget: false })
    }
    const prior = await batch.resultOf(video)
    if (prior !== undefined && (await batch.holds(prior)))
      return { verdict: { next: 'done' }, code: exitCode.ok }
    if (prior?.state === 'failed')
      return failed(prior.exit_code, prior.reason ?? `exit code ${prior.exit_code}`)
    return triedBy(await attemptVideo(batch, video, machine, signal, onProgress))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const code = error instanceof CropstreamError ? error.exitCode : exitCode.internal
    if (code === exitCode.output) return unreachable(job, message)
    return failed(code, `${classOf(error)}: ${message}`)
  }
}

const triedBy = ({ verdict, result }: Attempted): Tried => ({
  verdict,
  code: result?.exit_code ?? exitCode.busy,
  reason: result?.reason,
  result,
})

const failed = (code: number, reason: string): Tried => ({ verdict: { next: 'fail', reason }, code, reason })

function unreachable({ attemptsStarted }: Job<JobData>, reason: string): Tried {
  const afterSeconds = backoffSeconds(Math.max(1, attemptsStarted))
  return { verdict: { next: 'again', afterSeconds }, code: exitCode.output, reason }
}
