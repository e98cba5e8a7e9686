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
import { collectYoung } from './garbage.js'
import { isFinal, type MainOperator, type Operator, type WorkerOperator } from './operator.js'
import { Poison } from './poison.js'
import { RunLedger } from './run-ledger.js'
import type { RunOptions } from './run-options.js'
import type { Sink } from './sink.js'
import type { Origin, Packet, Slots } from './slots.js'
import type { Source } from './source.js'
import { StatefulRunner } from './stateful-runner.js'
import { emptyMetrics, type StepCount } from './step-metrics.js'
import type { Chain } from './wiring.js'
import type { WorkerPool } from './worker-pool.js'

/**
 * Common behavior of all operators of a run: hand-off to workers, order, leases, counts, error context and
 * cancellation. Its methods build a graph.
 */
export class Run<O extends Origin = Origin> {
  readonly #stop = new AbortController()
  readonly #ledger: RunLedger<O>
  readonly #poison: Poison
  #item = 'item'
  #reading: Promise<void> = Promise.resolve()

  constructor(
    readonly pool: WorkerPool,
    readonly slots: Slots,
    { signal, listener = {}, resume, lenient = false }: RunOptions<O> = {},
  ) {
    this.#ledger = new RunLedger(listener, resume)
    this.#poison = new Poison(lenient, message => listener.warned?.(message))
    // Removed at the end of the run: a signal may outlive many runs.
    const once = { once: true, signal: this.#stop.signal }
    signal?.addEventListener('abort', () => this.#stop.abort(signal.reason), once)
    if (signal?.aborted) this.#stop.abort(signal.reason)
  }

  /** The counts of each step, in graph order. */
  get counts(): Map<string, StepCount> {
    return this.#ledger.counts
  }

  /** Number of finished values of the source. */
  get finished(): number {
    return this.#ledger.finished
  }

  /** Reads values as slots become free. RxJS has no backpressure: the slots are the limit. */
  from<T>(source: Source<T, O>): Observable<Packet<T, O>> {
    this.#ledger.open(source.name)
    this.#item = source.item ?? this.#item
    return new Observable(subscriber => {
      const read = async () => {
        let [start, waited] = [performance.now(), this.slots.waitedMs]
        for await (const { origin, value, lease } of source.read(this.slots, this.#stop.signal)) {
          const waitMs = this.slots.waitedMs - waited
          const workMs = performance.now() - start - waitMs
          this.#ledger.add(source.name, { ...emptyMetrics(), itemsOut: 1, workMs, waitMs }, origin)
          if (!this.#ledger.isCounted(origin)) this.#ledger.listener.read?.(origin)
          void lease.released.then(() => this.#ledger.finish(origin))
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
   * Sends values through steps, in order. Adjacent worker steps share one hand-off; a stateful step runs on the main
   * thread.
   */
  through<In, Out>(chain: Chain<In, Out>): OperatorFunction<Packet<In, O>, Packet<Out, O>> {
    return this.#through(chain, this.#ledger.resume?.replayStates ?? {})
  }

  /**
   * Like `through`, but values with a cached result bypass the steps. All of them must come before the first value
   * without one, to keep the order.
   */
  bypassIfCached<In, Out>(
    cached: (value: In) => Out | undefined,
    chain: Chain<In, Out>,
  ): OperatorFunction<Packet<In, O>, Packet<Out, O>> {
    const find = this.#through(chain, this.#ledger.resume?.states ?? {})
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

  /** Calls `look` with each value that was not counted before, one at a time; the graph waits for it. */
  tap<T>(look: (value: T) => void | Promise<void>): OperatorFunction<Packet<T, O>, Packet<T, O>> {
    return concatMap(async packet => {
      if (!this.#ledger.isCounted(packet.origin)) for (const value of packet.values) await look(value)
      return packet
    })
  }

  /**
   * Runs the graph into a sink. Resolves when the sink has accepted all values or, after an abort, all values already
   * read. Rejects with the first failure, after the source and all workers have stopped.
   * @param onWritten called with each value that the sink has accepted and that was not counted before.
   */
  async into<T>(
    sink: Sink<T>,
    packets: Observable<Packet<T, O>>,
    onWritten: (value: T) => void = () => {},
  ): Promise<void> {
    this.#ledger.open(sink.name)
    const written = packets.pipe(
      concatMap(async ({ origin, values, lease }) => {
        for (const value of values) {
          const [start, waited] = [performance.now(), sink.waitedMs ?? 0]
          await sink.write(value)
          const waitMs = (sink.waitedMs ?? 0) - waited
          const workMs = performance.now() - start - waitMs
          this.#ledger.add(sink.name, { ...emptyMetrics(), itemsIn: 1, itemsOut: 1, workMs, waitMs }, origin)
          if (!this.#ledger.isCounted(origin)) onWritten(value)
        }
        lease.release()
        collectYoung()
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
    for (const { name } of operators) {
      // Their counts, states and metrics would be mixed.
      if (this.counts.has(name))
        throw new Error(`Expected steps with different names but received '${name}' twice`)
      this.#ledger.open(name)
    }
    // The compiler checked the types of the chain; between its steps they are unknown here.
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
    return packets =>
      packets.pipe(
        // Started at once and awaited in order; the slots limit how many are running.
        map(packet => {
          const { origin, values } = packet
          const outcome = values.every(isFinal)
            ? Promise.resolve({ outputs: values, metrics: [] })
            : this.pool.run(id, stage, values, this.#labelOf(origin), origin.index)
          // A failure is reported below, in order.
          outcome.catch(() => {})
          return { packet, outcome }
        }),
        concatMap(async ({ packet, outcome }) => {
          const { outputs, metrics } = await outcome.catch(error => this.#poison.skipPoison(error, names))
          for (const [i, record] of metrics.entries()) {
            this.#ledger.add(names[i]!, record, packet.origin) // one name per record
          }
          return { ...packet, values: outputs }
        }),
      )
  }

  #onMain(
    { name, make }: MainOperator,
    state: unknown,
  ): OperatorFunction<Packet<unknown, O>, Packet<unknown, O>> {
    const runner = new StatefulRunner(name, make, state)
    return concatMap(async packet => {
      const { origin, values } = packet
      const { outputs, metrics } = await runner.run(values, this.#labelOf(origin))
      this.#ledger.add(name, metrics, origin)
      if (!this.#ledger.isCounted(origin))
        this.#ledger.listener.stateChanged?.(name, runner.snapshot(), origin)
      return { ...packet, values: outputs }
    })
  }

  /** Names the source value in an error message, such as `frame 12`. */
  #labelOf({ index }: O): string {
    return `${this.#item} ${index}`
  }
}

/** Makes stage ids unique: a pool may serve many runs. */
let stagesMade = 0

/** Groups adjacent worker steps; each stateful step is a stage of its own. */
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
