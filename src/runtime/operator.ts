import type { Xyxy } from '../types.js'

/**
 * The one signature of every operator: one input gives none, one or many outputs.
 * None means dropped, and then a reason must have been counted.
 */
export type Step<In, Out> = (input: In, tally: StepContext) => readonly Out[] | Promise<readonly Out[]>

/** What a step reports beside its outputs; it is sent home with them and added up on the main thread. */
export interface StepContext {
  /**
   * Counts what will not go on, by reason: `off_pitch`, `too_small`, …
   * @param example where in the frame one of them was, for a report to show.
   */
  drop(reason: string, count?: number, example?: Xyxy): void
  /**
   * Counts items in and out where one value holds many, as a frame holds its detections. A step that
   * never calls it is counted by its values: one in, as many out as it returned.
   */
  count(itemsIn: number, itemsOut: number): void
}

/**
 * An operator as the graph sees it: where its step lives and with which options to make it. The step
 * itself is made inside each worker, once, by calling the module's export `step(options)`.
 * `Options` must survive a structured clone; large ones belong in a SharedArrayBuffer.
 */
export interface Operator<In, Out, Options = unknown> {
  readonly name: string
  /** URL of the module that exports `step`. */
  readonly module: string
  readonly options: Options
  /** Left out of the graph by `when`. */
  readonly skipped?: boolean
  /** Carries the types of what goes in and out, so that a wiring mistake is a compile error; never set. */
  readonly flow?: (input: In) => Out
}

/** What a module of an operator exports under the name `step`. */
export type MakeStep<In, Out, Options> = (options: Options) => Step<In, Out> | Promise<Step<In, Out>>

/** An operator that is in the graph only under a condition; without it, values pass as they are. */
export function when<Out, In extends Out, Options>(
  condition: boolean,
  operator: Operator<In, Out, Options>,
): Operator<In, Out, Options> {
  return condition ? operator : { ...operator, skipped: true }
}
