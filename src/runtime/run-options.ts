import type { Origin } from './slots.js'
import type { StepCount, StepMetrics } from './step-metrics.js'

/** Callbacks for the events of a run, on the main thread and in source order. They must not throw. */
export interface RunListener<O extends Origin = Origin> {
  /** The source emitted a value. */
  read?(origin: O): void
  /** A step has processed all values of `origin`, whose slot is still held. */
  stepRan?(step: string, metrics: Readonly<StepMetrics>, origin: O): void
  /** The state of a stateful step after `origin`. */
  stateChanged?(step: string, state: unknown, origin: O): void
  /** All values of `origin` have reached the sink or were dropped. */
  finished?(origin: O): void
  /** A warning for the user; the run continues. */
  warned?(message: string): void
}

/** The progress of an earlier process of the same run. */
export interface ResumePoint {
  /** Values of the source below this index are already counted and not reported again; they may be replayed. */
  readonly next: number
  readonly finished: number
  readonly counts: ReadonlyMap<string, StepCount>
  /** States of the stateful steps after the last value below `next`. */
  readonly states: Readonly<Record<string, unknown>>
  /** States of the stateful steps before the first replayed value. */
  readonly replayStates: Readonly<Record<string, unknown>>
}

export interface RunOptions<O extends Origin = Origin> {
  /** Stops reading; values already read are still finished. */
  readonly signal?: AbortSignal | undefined
  readonly listener?: RunListener<O> | undefined
  readonly resume?: ResumePoint | undefined
  /** Skip a few values on which a step fails, counted as `poison`, instead of failing. Default: false. */
  readonly lenient?: boolean | undefined
}
