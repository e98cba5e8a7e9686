import {
  concatAll,
  concatMap,
  connect,
  filter,
  lastValueFrom,
  map,
  merge,
  Observable,
  type OperatorFunction,
} from 'rxjs'
import type { ResumeState } from '../checkpoint/resume-state.js'
import { frameIndexOf, type ImageFile } from '../types.js'
import type { Operator, Step } from './operator.js'
import { Poison } from './poison.js'
import type { Sink } from './sink.js'
import type { Packet, Slots } from './slots.js'
import type { Source } from './source.js'
import type { Stage } from './stage.js'
import {
  addCount,
  counted,
  emptyCount,
  emptyMetrics,
  type StepCount,
  type StepMetrics,
} from './step-metrics.js'
import type { WorkerPool } from './worker-pool.js'

/** Packets in, packets out, in the same order. */
type Piped<A, B> = OperatorFunction<Packet<A>, Packet<B>>
/** What a next operator takes: a finished file passes by all that remain. */
type Open<T> = Exclude<T, ImageFile>
type Done<T> = Extract<T, ImageFile>

export interface RunOptions {
  /** Stops reading; what was read is still brought to its end. */
  readonly signal?: AbortSignal | undefined
  /**
   * Told of each value that has been through a step, on the main thread and in order. The frame behind the
   * input is valid until it returns; it must not throw.
   */
  readonly onStep?: OnStep | undefined
  /** Told of each frame of which nothing is under way any more. */
  readonly onDone?: ((index: number) => void) | undefined
  /** What an earlier process of this run counted: frames below `next`. */
  readonly past?: Pick<ResumeState, 'counts' | 'frames' | 'next'> | undefined
  /** Leave out a few values that a step fails on, counted as `poison`, instead of failing. Default false. */
  readonly lenient?: boolean | undefined
  /** Told of each value that is left out. */
  readonly onWarning?: ((message: string) => void) | undefined
}

export type OnStep = (step: string, record: Readonly<StepMetrics>, input: unknown) => void

/**
 * Everything that is common to all operators of one run, written once: the hand-off to workers, order,
 * leases, counts, error context and cancellation. The graph is piped together from its methods.
 */
export class Run {
  /** What each step did, in the order of the graph. */
  readonly counts = new Map<string, StepCount>()
  readonly #stop = new AbortController()
  readonly #onStep: OnStep
  readonly #onDone: (index: number) => void
  readonly #past: RunOptions['past']
  #done: number
  readonly #poison: Poison
  #reading: Promise<void> = Promise.resolve()

  constructor(
    readonly pool: WorkerPool,
    readonly slots: Slots,
    {
      signal,
      onStep = () => {},
      onDone = () => {},
      past,
      lenient = false,
      onWarning = () => {},
    }: RunOptions = {},
  ) {
    this.#onStep = onStep
    this.#onDone = onDone
    this.#past = past
    this.#done = past?.frames ?? 0
    this.#poison = new Poison(lenient, onWarning)
    // Forgotten when the run has ended: a signal may outlive many runs.
    const once = { once: true, signal: this.#stop.signal }
    signal?.addEventListener('abort', () => this.#stop.abort(signal.reason), once)
    if (signal?.aborted) this.#stop.abort(signal.reason)
  }

  /** Frames of which nothing is under way any more. */
  get done(): number {
    return this.#done
  }

  /** Reads packets as slots become free. RxJS never asks for less: the slots are the bound. */
  from<T>(source: Source<T>): Observable<Packet<T>> {
    const total = this.#countOf(source.name)
    return new Observable(subscriber => {
      const read = async () => {
        let [start, waited] = [performance.now(), this.slots.waitedMs]
        for await (const packet of source.read(this.slots, this.#stop.signal)) {
          const waitMs = this.slots.waitedMs - waited
          const workMs = performance.now() - start - waitMs
          this.#add(source.name, total, { ...emptyMetrics(), itemsOut: 1, workMs, waitMs }, packet.value)
          void packet.lease.freed.then(() => this.#finish(packet.value))
          subscriber.next(packet)
          ;[start, waited] = [performance.now(), this.slots.waitedMs]
        }
      }
      this.#reading = read().then(
        () => subscriber.complete(),
        error => (this.#stop.signal.aborted ? subscriber.complete() : subscriber.error(error)),
      )
    })
  }

  /** Sends each value through operators that share one hand-off to a worker; all at once, in order. */
  onWorkers<A, B>(a: Operator<A, B>): Piped<A, B>
  // biome-ignore format: one line an overload
  onWorkers<A, B, C>(a: Operator<A, B>, b: Operator<Open<B>, C>): Piped<A, C | Done<B>>
  // biome-ignore format: one line an overload
  onWorkers<A, B, C, D>(a: Operator<A, B>, b: Operator<Open<B>, C>, c: Operator<Open<C>, D>): Piped<A, D | Done<B | C>>
  // biome-ignore format: one line an overload
  onWorkers<A, B, C, D, E>(a: Operator<A, B>, b: Operator<Open<B>, C>, c: Operator<Open<C>, D>, d: Operator<Open<D>, E>): Piped<A, E | Done<B | C | D>>
  // biome-ignore format: one line an overload
  onWorkers<A, B, C, D, E, F>(a: Operator<A, B>, b: Operator<Open<B>, C>, c: Operator<Open<C>, D>, d: Operator<Open<D>, E>, e: Operator<Open<E>, F>): Piped<A, F | Done<B | C | D | E>>
  // biome-ignore format: one line an overload
  onWorkers<A, B, C, D, E, F, G>(a: Operator<A, B>, b: Operator<Open<B>, C>, c: Operator<Open<C>, D>, d: Operator<Open<D>, E>, e: Operator<Open<E>, F>, f: Operator<Open<F>, G>): Piped<A, G | Done<B | C | D | E | F>>
  // biome-ignore format: one line an overload
  onWorkers<A, B, C, D, E, F, G, H>(a: Operator<A, B>, b: Operator<Open<B>, C>, c: Operator<Open<C>, D>, d: Operator<Open<D>, E>, e: Operator<Open<E>, F>, f: Operator<Open<F>, G>, g: Operator<Open<G>, H>): Piped<A, H | Done<B | C | D | E | F | G>>
  // biome-ignore format: one line an overload
  onWorkers<A, B, C, D, E, F, G, H, I>(a: Operator<A, B>, b: Operator<Open<B>, C>, c: Operator<Open<C>, D>, d: Operator<Open<D>, E>, e: Operator<Open<E>, F>, f: Operator<Open<F>, G>, g: Operator<Open<G>, H>, h: Operator<Open<H>, I>): Piped<A, I | Done<B | C | D | E | F | G | H>>
  onWorkers(...operators: Stage): Piped<unknown, unknown> {
    const stage = operators.filter(operator => operator.skipped !== true)
    const id = `stage ${stagesMade++}`
    const names = stage.map(operator => operator.name)
    const totals = names.map(name => this.#countOf(name))
    return packets =>
      packets.pipe(
        // Each is started at once and awaited in order; the slots bound how many are under way.
        map(packet => {
          const result = this.pool.run(id, stage, packet.value, placeOf(packet.value))
          // A failure is reported where it is awaited, behind those before it.
          result.catch(() => {})
          return { packet, result }
        }),
        concatMap(async ({ packet, result }) => {
          const { outputs, records } = await result.catch(error => this.#poison.skipPoison(error, names))
          for (const [i, record] of records.entries()) {
            this.#add(stage[i]!.name, totals[i]!, record, packet.value) // one operator and one total per record
          }
          return handOn(packet, outputs)
        }),
        concatAll(),
      )
  }

  /** A step that must see every value in order, and so runs on the main thread, one value at a time. */
  onMain<A, B>(name: string, step: Step<A, B>): Piped<A, B> {
    const total = this.#countOf(name)
    return packets =>
      packets.pipe(
        concatMap(async packet => {
          const start = performance.now()
          const record = emptyMetrics()
          const outputs = await counted(record, tally => step(packet.value, tally))
          record.workMs = performance.now() - start
          this.#add(name, total, record, packet.value)
          return handOn(packet, outputs)
        }),
        concatAll(),
      )
  }

  /**
   * What is `known` of a value already goes on at once, and spares it the way through `find`. No value that is
   * known may come behind one that is not, for their order is kept.
   */
  recall<A, B>(known: (value: A) => B | undefined, find: Piped<A, B>): Piped<A, B> {
    return packets =>
      packets.pipe(
        map(packet => ({ packet, value: known(packet.value) })),
        connect(all =>
          merge(
            all.pipe(
              concatMap(({ packet: { lease }, value }) => (value === undefined ? [] : [{ value, lease }])),
            ),
            all.pipe(
              filter(({ value }) => value === undefined),
              map(({ packet }) => packet),
              find,
            ),
          ),
        ),
      )
  }

  /** Looks at each value on its way, one at a time; what it waits for holds the graph back. */
  tap<T>(look: (value: T) => Promise<void>): Piped<T, T> {
    return concatMap(async packet => {
      await look(packet.value)
      return packet
    })
  }

  /**
   * Runs the graph into a sink. Resolves when every packet has been taken by it, or, after the run was
   * told to stop, every packet that had been read. Rejects with the first failure, and then only when
   * nothing is running any more: not the source, and no worker.
   */
  async into<T>(sink: Sink<T>, packets: Observable<Packet<T>>): Promise<void> {
    const total = this.#countOf(sink.name)
    const written = packets.pipe(
      concatMap(async ({ value, lease }) => {
        const [start, waited] = [performance.now(), sink.waitedMs ?? 0]
        await sink.write(value)
        const waitMs = (sink.waitedMs ?? 0) - waited
        const workMs = performance.now() - start - waitMs
        this.#add(sink.name, total, { ...emptyMetrics(), itemsIn: 1, itemsOut: 1, workMs, waitMs }, value)
        lease.split(0)
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

  #add(step: string, total: StepCount, record: StepMetrics, input: unknown): void {
    if (this.#isPast(frameIndexOf(input))) return
    addCount(total, record)
    this.#onStep(step, record, input)
  }

  #finish(value: unknown): void {
    const index = frameIndexOf(value)
    if (this.#isPast(index)) return
    this.#done++
    if (index !== undefined) this.#onDone(index)
  }

  /** An earlier process has counted all of such a frame; it is here again for what was not durable. */
  #isPast(index: number | undefined): boolean {
    return index !== undefined && index < (this.#past?.next ?? 0)
  }

  #countOf(name: string): StepCount {
    let count = this.counts.get(name)
    if (count === undefined) {
      count = emptyCount()
      const earlier = this.#past?.counts.get(name)
      if (earlier !== undefined) addCount(count, earlier)
    }
    this.counts.set(name, count)
    return count
  }
}

/** Workers know a stage by its id; a pool may serve many runs. */
let stagesMade = 0

/** None gives the lease back, one keeps it, many share it. */
function handOn<A, B>({ lease }: Packet<A>, outputs: readonly B[]): Packet<B>[] {
  lease.split(outputs.length)
  return outputs.map(value => ({ value, lease }))
}

/** Says which frame a value belongs to, for an error. */
function placeOf(value: unknown): string {
  const index = frameIndexOf(value)
  return index === undefined ? 'a value' : `frame ${index}`
}
