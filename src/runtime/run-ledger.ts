import type { ResumePoint, RunListener } from './run-options.js'
import type { Origin } from './slots.js'
import { addCount, addCountOf, emptyCount, type StepCount, type StepMetrics } from './step-metrics.js'

/**
 * Counts the items of a run and notifies its listener. Values that an earlier process counted are neither counted nor
 * reported again.
 */
export class RunLedger<O extends Origin> {
  /** By step, in graph order. */
  readonly counts = new Map<string, StepCount>()
  #finished: number

  constructor(
    readonly listener: RunListener<O>,
    readonly resume: ResumePoint | undefined,
  ) {
    this.#finished = resume?.finished ?? 0
  }

  /** Number of finished values of the source. */
  get finished(): number {
    return this.#finished
  }

  /** Adds a step, starting with the counts of an earlier process. */
  open(step: string): void {
    if (this.counts.has(step)) return
    const count = emptyCount()
    const earlier = this.resume?.counts.get(step)
    if (earlier !== undefined) addCount(count, earlier)
    this.counts.set(step, count)
  }

  add(step: string, metrics: StepMetrics, origin: O): void {
    if (this.isCounted(origin)) return
    addCountOf(this.counts, step, metrics)
    this.listener.stepRan?.(step, metrics, origin)
  }

  finish(origin: O): void {
    if (this.isCounted(origin)) return
    this.#finished++
    this.listener.finished?.(origin)
  }

  /** Whether an earlier process counted it. */
  isCounted({ index }: O): boolean {
    return index < (this.resume?.next ?? 0)
  }
}
