import {
  concatMap,
  connect,
  filter,
  lastValueFrom,
  map,
  merge,
  Observable,
  type OperatorFunction,
} from 'rxjs'
import { CropstreamError, exitCode } from '../common/errors.js'
import { reasonOf } from './handover.js'
import { isFinal, type MainOperator, type Operator, type WorkerOperator } from './operator.js'
import { Poison } from './poison.js'
import type { Sink } from './sink.js'
import type { Origin, Packet, Slots } from './slots.js'
import type { Source } from './source.js'
import {
  addCount,
  counted,
  emptyCount,
  emptyMetrics,
  type StepCount,
  type StepMetrics,
} from './step-metrics.js'
import type { Chain } from './wiring.js'
import type { WorkerPool } from './worker-pool.js'

/** Told what a run does, on the main thread and in the order of the source. Must not throw. */
export interface RunListener<O extends Origin = Origin> {
  /** The source gave a value. */
  read?(origin: O): void
  /** A step has processed all that came from `origin`, whose slot is still held. */
  stepRan?(step: string, metrics: Readonly<StepMetrics>, origin: O): void
  /** What a step with a memory remembers after `origin`. */
  stateChanged?(step: string, state: unknown, origin: O): void
  /** Nothing of it is under way any more. */
  finished?(origin: O): void
  /** Something that a person should know and that does not stop the run. */
  warned?(message: string): void
}

/** What an earlier process of the same run did. */
export interface ResumePoint {
  /** Values of the source below this index are counted already, and reported no more; they may come again. */
  readonly next: number
  readonly finished: number
  readonly counts: ReadonlyMap<string, StepCount>
  /** Of steps with a memory: after the last value below `next`. */
  readonly states: Readonly<Record<string, unknown>>
  /** The same for steps that see the values that come again: before the first of them. */
  readonly replayStates: Readonly<Record<string, unknown>>
}

export interface RunOptions<O extends Origin = Origin> {
  /** Stops reading; what was read is still brought to its end. */
  readonly signal?: AbortSignal | undefined
  readonly listener?: RunListener<O> | undefined
  readonly resume?: ResumePoint | undefined
  /** Leave out a few values that a step fails on, counted as `poison`, instead of failing. Default false. */
  readonly lenient?: boolean | undefined
}

/**
 * Everything that is common to all operators of one run, written once: the hand-off to workers, order,
 * leases, counts, error context and cancellation. A graph is piped together from its methods.
 */
export class Run<O extends Origin = Origin> {
  /** What each step did, in the order of the graph. */
  readonly counts = new Map<string, StepCount>()
  readonly #stop = new AbortController()
  readonly #listener: RunListener<O>
  readonly #resume: ResumePoint | undefined
  readonly #poison: Poison
  #finished: number
  #item = 'item'
  #reading: Promise<void> = Promise.resolve()

  constructor(
    readonly pool: WorkerPool,
    readonly slots: Slots,
    { signal, listener = {}, resume, lenient = false }: RunOptions<O> = {},
  ) {
    this.#listener = listener
    this.#resume = resume
    this.#finished = resume?.finished ?? 0
    this.#poison = new Poison(lenient, message => listener.warned?.(message))
    // Removed when the run has ended: a signal may outlive many runs.
    const once = { once: true, signal: this.#stop.signal }
    signal?.addEventListener('abort', () => this.#stop.abort(signal.reason), once)
    if (signal?.aborted) this.#stop.abort(signal.reason)
  }

  /** Values of the source of which nothing is under way any more. */
  get finished(): number {
    return this.#finished
  }

  /** Reads values as slots become free. RxJS never asks for less: the slots are the bound. */
  from<T>(source: Source<T, O>): Observable<Packet<T, O>> {
    const total = this.#countOf(source.name)
    this.#item = source.item ?? this.#item
    return new Observable(subscriber => {
      const read = async () => {
        let [start, waited] = [performance.now(), this.slots.waitedMs]
        for await (const { origin, value, lease } of source.read(this.slots, this.#stop.signal)) {
          const waitMs = this.slots.waitedMs - waited
          const workMs = performance.now() - start - waitMs
          this.#add(source.name, total, { ...emptyMetrics(), itemsOut: 1, workMs, waitMs }, origin)
          if (!this.#isCounted(origin)) this.#listener.read?.(origin)
          void lease.released.then(() => this.#finish(origin))
          subscriber.next({ origin, values: [value], lease })
          ;[start, waited] = [performance.now(), this.slots.waitedMs]
        }
      }
      this.#reading = read().then(
        () => subscriber.complete(),
        error => (this.#stop.signal.aborted ? subscriber.complete() : subscriber.error(error)),
      )
    })
  }

  /**
   * Sends values through steps, in order. Neighbors that run on workers share one hand-off; a step with a
   * memory runs on the main thread.
   */
  through<In, Out>(chain: Chain<In, Out>): OperatorFunction<Packet<In, O>, Packet<Out, O>> {
    return this.#through(chain, this.#resume?.replayStates ?? {})
  }

  /**
   * As `through`, but values of which the result is cached already pass by at once. None of them may come behind
   * one that is not, for their order is kept.
   */
  bypassIfCached<In, Out>(
    cached: (value: In) => Out | undefined,
    chain: Chain<In, Out>,
  ): OperatorFunction<Packet<In, O>, Packet<Out, O>> {
    const find = this.#through(chain, this.#resume?.states ?? {})
    return packets =>
      packets.pipe(
        map(packet => ({ packet, results: packet.values.map(cached) })),
        connect(all =>
          merge(
            all.pipe(
              filter(({ results }) => !results.includes(undefined)),
              map(({ packet, results }) => ({ ...packet, values: results as Out[] })),
            ),
            all.pipe(
              filter(({ results }) => results.includes(undefined)),
              map(({ packet }) => packet),
              find,
            ),
          ),
        ),
      )
  }

  /** Looks at each value that was not counted before, one at a time; what it waits for holds the graph back. */
  tap<T>(look: (value: T) => void | Promise<void>): OperatorFunction<Packet<T, O>, Packet<T, O>> {
    return concatMap(async packet => {
      if (!this.#isCounted(packet.origin)) for (const value of packet.values) await look(value)
      return packet
    })
  }

  /**
   * Runs the graph into a sink. Resolves when every value has been taken by it, or, after the run was
   * told to stop, everything that had been read. Rejects with the first failure, and then only when
   * nothing is running any more: not the source, and no worker.
   * @param onWritten called with each value that the sink has taken and that was not counted before.
   */
  async into<T>(
    sink: Sink<T>,
    packets: Observable<Packet<T, O>>,
    onWritten: (value: T) => void = () => {},
  ): Promise<void> {
    const total = this.#countOf(sink.name)
    const written = packets.pipe(
      concatMap(async ({ origin, values, lease }) => {
        for (const value of values) {
          const [start, waited] = [performance.now(), sink.waitedMs ?? 0]
          await sink.write(value)
          const waitMs = (sink.waitedMs ?? 0) - waited
          const workMs = performance.now() - start - waitMs
          this.#add(sink.name, total, { ...emptyMetrics(), itemsIn: 1, itemsOut: 1, workMs, waitMs }, origin)
          if (!this.#isCounted(origin)) onWritten(value)
        }
        lease.release()
      }),
    )
    try {
      await lastValueFrom(written, { defaultValue: undefined })
    } finally {
      this.#stop.abort()
      await this.#reading
      await this.pool.drain()
    }
  }

  #through<In, Out>(
    { operators }: Chain<In, Out>,
    states: Readonly<Record<string, unknown>>,
  ): OperatorFunction<Packet<In, O>, Packet<Out, O>> {
    // Values have the types that the chain was checked for; between its steps they are not known here.
    const pipes = stagesOf(operators).map(stage =>
      'make' in stage ? this.#onMain(stage, states[stage.name]) : this.#onWorkers(stage),
    )
    return packets =>
      pipes.reduce((flow, pipe) => flow.pipe(pipe), packets as Observable<Packet<unknown, O>>) as Observable<
        Packet<Out, O>
      >
  }

  #onWorkers(stage: readonly WorkerOperator[]): OperatorFunction<Packet<unknown, O>, Packet<unknown, O>> {
    const id = `stage ${stagesMade++}`
    const names = stage.map(({ name }) => name)
    const totals = names.map(name => this.#countOf(name))
    return packets =>
      packets.pipe(
        // Each is started at once and awaited in order; the slots bound how many are under way.
        map(packet => {
          const { origin, values } = packet
          const outcome = values.every(isFinal)
            ? Promise.resolve({ outputs: values, metrics: [] })
            : this.pool.run(id, stage, values, this.#placeOf(origin))
          // A failure is reported where it is awaited, behind those before it.
          outcome.catch(() => {})
          return { packet, outcome }
        }),
        concatMap(async ({ packet, outcome }) => {
          const { outputs, metrics } = await outcome.catch(error => this.#poison.skipPoison(error, names))
          for (const [i, record] of metrics.entries()) {
            this.#add(names[i]!, totals[i]!, record, packet.origin) // one name and one total per record
          }
          return { ...packet, values: outputs }
        }),
      )
  }

  #onMain(
    { name, make }: MainOperator,
    state: unknown,
  ): OperatorFunction<Packet<unknown, O>, Packet<unknown, O>> {
    const total = this.#countOf(name)
    const stateful = (make as MainOperator<string, unknown, unknown>['make'])()
    if (state !== undefined) stateful.restore(state)
    return concatMap(async packet => {
      const { origin, values } = packet
      const metrics = emptyMetrics()
      const start = performance.now()
      const outputs: unknown[] = []
      try {
        for (const value of values) {
          if (isFinal(value)) outputs.push(value)
          else outputs.push(...(await counted(metrics, context => stateful.step(value, context))))
        }
      } catch (error) {
        if (error instanceof CropstreamError) throw error
        const message = `${name} failed on ${this.#placeOf(origin)}: ${reasonOf(error)}`
        throw new CropstreamError(exitCode.internal, message, { cause: error })
      }
      metrics.workMs = performance.now() - start
      this.#add(name, total, metrics, origin)
      if (!this.#isCounted(origin)) this.#listener.stateChanged?.(name, stateful.snapshot(), origin)
      return { ...packet, values: outputs }
    })
  }

  #add(step: string, total: StepCount, metrics: StepMetrics, origin: O): void {
    if (this.#isCounted(origin)) return
    addCount(total, metrics)
    this.#listener.stepRan?.(step, metrics, origin)
  }

  #finish(origin: O): void {
    if (this.#isCounted(origin)) return
    this.#finished++
    this.#listener.finished?.(origin)
  }

  #isCounted({ index }: O): boolean {
    return index < (this.#resume?.next ?? 0)
  }

  #countOf(name: string): StepCount {
    let count = this.counts.get(name)
    if (count === undefined) {
      count = emptyCount()
      const earlier = this.#resume?.counts.get(name)
      if (earlier !== undefined) addCount(count, earlier)
      this.counts.set(name, count)
    }
    return count
  }

  /** Says what a value belongs to, for an error. */
  #placeOf({ index }: O): string {
    return `${this.#item} ${index}`
  }
}

/** Workers know a stage by its id; a pool may serve many runs. */
let stagesMade = 0

/** Neighbors that run on workers, together; each of those that remember, alone. */
function stagesOf(operators: readonly Operator[]): (readonly WorkerOperator[] | MainOperator)[] {
  const stages: (WorkerOperator[] | MainOperator)[] = []
  for (const operator of operators) {
    const last = stages.at(-1)
    if ('make' in operator) stages.push(operator)
    else if (Array.isArray(last)) last.push(operator)
    else stages.push([operator])
  }
  return stages
}
