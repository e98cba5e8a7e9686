import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import { CropstreamError, exitCode } from '../common/errors.js'
import { ownedBuffers, reasonOf } from './handover.js'
import { PoisonError } from './poison.js'
import type { Stage, StageFailure, StageOutcome, StageResult, StageTask } from './stage.js'

/** One worker per core: inference takes all of it, and decoding, the main thread and encoding fill the gaps. */
export const defaultWorkers = (): number => availableParallelism()

/**
 * Megabytes that the objects of a worker may take, pixels not among them: many times what they do, and soon
 * enough reached by a step that runs away.
 */
const heapMegabytes = 256

/**
 * Worker threads that run stages. The pool never queues without bound because its callers hold slots.
 * A worker is never stopped in the middle of a task: aborting inside an inference takes the process down.
 */
export class WorkerPool implements AsyncDisposable {
  readonly #pool: Piscina<StageTask, StageResult>
  readonly #running = new Set<Promise<unknown>>()
  #busyMs = 0

  constructor(readonly workers = defaultWorkers()) {
    this.#pool = new Piscina({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    })
    // A worker that died between two tasks took nothing with it, and another has replaced it already; unless
    // that cannot even start: then what is queued would wait for ever.
    this.#pool.on('error', error => {
      if (this.#pool.threads.length < workers) throw error
    })
  }

  /** Milliseconds that all workers together have worked. */
  get busyMs(): number {
    return this.#busyMs
  }

  /**
   * Runs inputs through a stage. When its worker dies they are tried once more, in another.
   * @param stage id of the operators; the same id must always stand for the same operators and options.
   * @param where says what the inputs belong to in an error, as `frame 12`.
   * @throws PoisonError when a step throws on them or its worker dies of them; CropstreamError when a step cannot
   * be made, or reports itself what is wrong. Both with the step and the place.
   */
  run(stage: string, operators: Stage, inputs: readonly unknown[], where: string): Promise<StageOutcome> {
    const sent = performance.now()
    const specs = operators.map(({ name, module, options }) => ({ name, module, options }))
    const at = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    const task = this.#hand({ stage, operators: specs, inputs, at }, where).then(result => {
      if ('failure' in result) throw asError(result.failure, where)
      const { outputs, metrics } = result
      const workMs = metrics.reduce((sum, step) => sum + step.workMs, 0)
      this.#busyMs += workMs
      // The rest of its time it was on its way, or waited for a worker.
      if (metrics[0] !== undefined) metrics[0].waitMs = performance.now() - sent - workMs
      return { outputs, metrics }
    })
    this.#running.add(task)
    const done = () => this.#running.delete(task)
    task.then(done, done)
    return task
  }

  /** Only a worker that died rejects a task; what a step throws comes back as a failure. */
  async #hand(task: StageTask, where: string): Promise<StageResult> {
    const transferList = ownedBuffers(task.inputs)
    const hand = () => this.#pool.run(task, { transferList })
    const deathOf = (cause: unknown, times: string) => {
      const { name } = task.operators[task.at[0]!]! // written by the worker, one for each operator
      return new PoisonError(name, where, `its worker died${times} (${reasonOf(cause)})`, { cause })
    }
    return hand().catch(first => {
      // A step is a function of its input, which is as it was unless its buffers moved to the dead worker.
      if (transferList.length > 0) throw deathOf(first, '')
      return hand().catch(second => {
        throw deathOf(second, ' twice')
      })
    })
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

function asError({ step, message, stack, exitCode: code, unmade }: StageFailure, where: string) {
  const cause = new Error(message)
  cause.stack = stack
  if (code === undefined && unmade !== true) return new PoisonError(step, where, message, { cause })
  const error = `${step} failed on ${where}: ${message}`
  return new CropstreamError(code ?? exitCode.internal, error, { cause })
}
