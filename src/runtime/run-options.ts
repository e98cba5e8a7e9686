import type { Origin } from './slots.js'
import type { StepCount, StepMetrics } from './step-metrics.js'

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
