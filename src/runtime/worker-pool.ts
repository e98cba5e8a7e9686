import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
// Loaded here before any worker loads it: its native library must be initialised on the main thread first.
import sharp from 'sharp'
import { CropstreamError, exitCode } from '../errors.js'
import { ownedBuffers, type Stage, type StageResult, type StageTask } from './stage.js'
import type { StepRecord } from './tally.js'

sharp.cache(false)
sharp.concurrency(1)

/** One worker per core: inference takes all of it, and decoding, the main thread and encoding fill the gaps. */
export const defaultWorkers = (): number => availableParallelism()

/**
 * Worker threads that run stages. The pool never queues without bound because its callers hold slots.
 * A worker is never stopped in the middle of a task: aborting inside an inference takes the process down.
 */
export class WorkerPool implements AsyncDisposable {
  readonly #pool: Piscina<StageTask, StageResult>
  readonly #running = new Set<Promise<unknown>>()
  #busyMs = 0

  constructor(readonly workers: number) {
    this.#pool = new Piscina({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      idleTimeout: Number.POSITIVE_INFINITY,
    })
  }

  /** Milliseconds that all workers together have worked. */
  get busyMs(): number {
    return this.#busyMs
  }

  /**
   * Runs one input through a stage.
   * @param stage id of the operators; the same id must always stand for the same operators and options.
   * @param where says what the input is in an error, as `frame 12`.
   * @throws CropstreamError with the step and the place.
   */
  run(
    stage: string,
    operators: Stage,
    input: unknown,
    where: string,
  ): Promise<{ outputs: readonly unknown[]; records: readonly StepRecord[] }> {
    const sent = performance.now()
    const specs = operators.map(({ name, module, options }) => ({ name, module, options }))
    const task = this.#pool
      .run({ stage, operators: specs, input }, { transferList: ownedBuffers([input]) })
      .catch((error: unknown) => {
        // Only a worker that died rejects; what a step throws comes back as a failure.
        const names = specs.map(spec => spec.name).join(', ')
        throw new CropstreamError(exitCode.internal, `A worker died on ${where} in one of ${names}`, {
          cause: error,
        })
      })
      .then(result => {
        if ('failure' in result) throw asError(result.failure, where)
        const { outputs, records } = result
        const workMs = records.reduce((sum, record) => sum + record.workMs, 0)
        this.#busyMs += workMs
        // The rest of its time it was on its way, or waited for a worker.
        if (records[0] !== undefined) records[0].waitMs = performance.now() - sent - workMs
        return { outputs, records }
      })
    this.#running.add(task)
    const done = () => this.#running.delete(task)
    task.then(done, done)
    return task
  }

  /** Resolves when no task is running or queued any more, however they ended. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain()
    await this.#pool.destroy()
  }
}

function asError(
  failure: Extract<StageResult, { failure: object }>['failure'],
  where: string,
): CropstreamError {
  const cause = new Error(failure.message)
  cause.stack = failure.stack
  return new CropstreamError(
    failure.exitCode ?? exitCode.internal,
    `${failure.step} failed on ${where}: ${failure.message}`,
    { cause },
  )
}
