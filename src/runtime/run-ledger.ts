import type { ResumePoint, RunListener } from './run-options.js'
import type { Origin } from './slots.js'
import { addCount, emptyCount, type StepCount, type StepMetrics } from './step-metrics.js'

/**
 * What a run has counted, and who is told of it. Values that an earlier process counted are neither counted again
 * nor reported.
 */
export class RunLedger<O extends Origin> {
  /** By step, in the order of the graph. */
  readonly counts = new Map<string, StepCount>()
  #finished: number

  constructor(
    readonly listener: RunListener<O>,
    readonly resume: ResumePoint | undefined,
  ) {
    this.#finished = resume?.finished ?? 0
  }

  /** Values of the source of which nothing is under way any more. */
  get finished(): number {
    return this.#finished
  }

  /** Makes room for a step, with what an earlier process counted of it. */
  open(step: string): void {
    if (this.counts.has(step)) return
    const count = emptyCount()
    const earlier = this.resume?.counts.get(step)
    if (earlier !== undefined) addCount(count, earlier)
    this.counts.set(step, count)
  }

  add(step: string, metrics: StepMetrics, origin: O): void {
    if (this.isCounted(origin)) return
    this.open(step)
    addCount(this.counts.get(step) ?? emptyCount(), metrics)
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
