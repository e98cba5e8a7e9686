import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import { CropstreamError, exitCode } from '../common/errors.js'
import { ownedBuffers, reasonOf } from './handover.js'
import { OldestFirst, withIndex } from './oldest-first.js'
import { PoisonError } from './poison.js'
import type { ServiceRequest, Services } from './service.js'
import type { Stage, StageFailure, StageOutcome, StageResult, StageTask } from './stage.js'

/** One worker per core: inference uses it fully; decoding, the main thread and encoding fill the gaps. */
export const defaultWorkers = (): number => availableParallelism()

/** Heap limit of a worker in megabytes, without pixels: far above normal use, but it stops a memory leak soon. */
const heapMegabytes = 256

/** The same for their young generation: a quarter of what Node 20 and 22 give it, for the same CPU time. */
const youngMegabytes = 12

/** In which a worker imports its modules, or never does, as it crashed. */
const startMs = 10_000

/** What a worker is started with. */
export interface WorkerStart {
  readonly modules: readonly string[]
  /** One number: it adds itself when it has imported them. */
  readonly ready: Int32Array
}

export interface WorkerPoolOptions {
  /** Of steps: each worker imports them as it starts, before it has a task. */
  readonly modules?: readonly string[]
  /** That steps use. A worker then takes two tasks: one can wait for a service while the other works. */
  readonly services?: Services | undefined
}

/**
 * Worker threads that run stages. The queue is bounded because callers hold slots. A worker is never stopped in the
 * middle of a task: aborting during inference crashes the process.
 */
export class WorkerPool implements AsyncDisposable {
  readonly #pool: Piscina<StageTask, StageResult>
  /** Workers that have imported their modules. */
  readonly #ready = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  readonly #running = new Set<Promise<unknown>>()
  #busyMs = 0

  constructor(
    readonly workers = defaultWorkers(),
    { modules = [], services = {} }: WorkerPoolOptions = {},
  ) {
    this.#pool = new Piscina({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: Object.keys(services).length === 0 ? 1 : 2,
      workerData: { modules, ready: this.#ready } satisfies WorkerStart,
      taskQueue: new OldestFirst(),
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes, maxYoungGenerationSizeMb: youngMegabytes },
    })
    this.#pool.on('message', ({ service, port }: ServiceRequest) => {
      const serve = services[service]
      if (serve === undefined) port.close()
      else serve(port)
    })
    // A worker that crashed between two tasks has already been replaced. If the replacement cannot start, the queued
    // tasks would never run.
    this.#pool.on('error', error => {
      if (this.#pool.threads.length < workers) throw error
    })
  }

  /** Busy time, summed over all workers, in milliseconds. */
  get busyMs(): number {
    return this.#busyMs
  }

  /**
   * Runs inputs through a stage. If the worker crashes, they are retried once, on another.
   * @param stage id of the operators; one id must always mean the same operators and options.
   * @param where names the inputs in an error message, such as `frame 12`.
   * @param index of the value of the source: of the tasks that wait, the lowest goes first.
   * @throws PoisonError when a step throws on them or its worker crashes; CropstreamError when a step cannot be
   * created or throws one itself. Both name the step and `where`.
   */
  run(
    stage: string,
    operators: Stage,
    inputs: readonly unknown[],
    where: string,
    index = 0,
  ): Promise<StageOutcome> {
    const sent = performance.now()
    const specs = operators.map(({ name, module, options }) => ({ name, module, options }))
    const at = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    const task = this.#hand(withIndex({ stage, operators: specs, inputs, at }, index), where).then(result => {
      if ('failure' in result) throw asError(result.failure, where)
      const { outputs, metrics } = result
      const workMs = metrics.reduce((sum, step) => sum + step.workMs, 0)
      this.#busyMs += workMs
      // The remaining time is transfer, or waiting for a worker.
      if (metrics[0] !== undefined) metrics[0].waitMs = performance.now() - sent - workMs
      return { outputs, metrics }
    })
    this.#running.add(task)
    const done = () => this.#running.delete(task)
    task.then(done, done)
    return task
  }

  /** A task rejects only if its worker crashes; errors thrown by a step are returned as a failure. */
  async #hand(task: StageTask, where: string): Promise<StageResult> {
    const transferList = ownedBuffers(task.inputs)
    const hand = () => this.#pool.run(task, { transferList })
    const deathOf = (cause: unknown, times: string) => {
      const { name } = task.operators[task.at[0]!]! // written by the worker, one for each operator
      return new PoisonError(name, where, `its worker crashed${times} (${reasonOf(cause)})`, { cause })
    }
    return hand().catch(first => {
      if (first instanceof DOMException && first.name === 'DataCloneError') {
        const name = task.operators[0]?.name
        const message = `${name} cannot receive the output of the step before it on ${where}: ${reasonOf(first)}`
        throw new CropstreamError(exitCode.internal, message, { cause: first })
      }
      // A step depends only on its input, which is unchanged unless its buffers were transferred to the crashed worker.
      if (transferList.length > 0) throw deathOf(first, '')
      return hand().catch(second => {
        throw deathOf(second, ' twice')
      })
    })
  }

  /** Resolves when no task is running or queued, even if tasks failed. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain()
    await this.#started()
    await this.#pool.destroy()
  }

  /** A worker that is stopped while it loads native code aborts the process. */
  async #started(): Promise<void> {
    const deadline = performance.now() + startMs
    for (;;) {
      const ready = Atomics.load(this.#ready, 0)
      if (ready >= this.#pool.threads.length || performance.now() > deadline) return
      await Atomics.waitAsync(this.#ready, 0, ready, 1000).value
    }
  }
}

function asError({ step, message, stack, exitCode: code, unmade }: StageFailure, where: string) {
  const cause = new Error(message)
  cause.stack = stack
  if (code === undefined && unmade !== true) return new PoisonError(step, where, message, { cause })
  const error = `${step} failed on ${where}: ${message}`
  return new CropstreamError(code ?? exitCode.internal, error, { cause })
}
