/** A value that needs no further step: it bypasses the remaining steps to the sink. */
export interface Final {
  readonly final: true
}

export const isFinal = (value: unknown): value is Final =>
  typeof value === 'object' && value !== null && 'final' in value && value.final === true

/** A box in the frame of a value, `[x1, y1, x2, y2]`. */
export type Region = readonly [number, number, number, number]

/** Turns one input into zero or more outputs. A step that returns none must report a drop reason. */
export type Step<In, Out> = (input: In, context: StepContext) => readonly Out[] | Promise<readonly Out[]>

/** Receives the counts of a step; the run sums them up. */
export interface StepContext {
  /**
   * Counts dropped items by reason: `off_pitch`, `too_small`, …
   * @param example box of one of them, for the report.
   */
  drop(reason: string, count?: number, example?: Region): void
  /**
   * Counts items by reason that are kept all the same, such as crops with their background: `mask_rejected`, …
   * @param example box of one of them, for the report.
   */
  flag(reason: string, count?: number, example?: Region): void
  /**
   * Counts items in and out for values that hold many items, such as a frame with detections. Without this call, the
   * values are counted: one in, and the returned ones out.
   */
  count(itemsIn: number, itemsOut: number): void
}

/** A step with state. It gets every input of a run once, in order, on the main thread. */
export interface StatefulStep<In, Out, State = unknown> {
  step: Step<In, Out>
  /** The state after the last input, serializable as JSON. */
  snapshot(): State
  /** Restores the state of a snapshot. */
  restore(state: State): void
}

interface Named<Name extends string, In, Out> {
  /** Lower case with dashes; a label of the metrics. */
  readonly name: Name
  /** Carries the input and output types, so that a wiring mistake is a compile error; never set. */
  readonly flow?: (input: In) => Out
}

/** A step that runs on the worker threads, many inputs at once. */
export interface WorkerOperator<Name extends string = string, In = never, Out = unknown>
  extends Named<Name, In, Out> {
  /** URL of a module that exports a definition of this name: workers import it, and make the step once each. */
  readonly module: string
  /** Must survive a structured clone; large ones belong in a SharedArrayBuffer. */
  readonly options: unknown
}

/** A step with state, which runs on the main thread, in order. */
export interface MainOperator<Name extends string = string, In = never, Out = unknown>
  extends Named<Name, In, Out> {
  make(): StatefulStep<In, Out>
}

/** A step of a graph, with its options. */
export type Operator<Name extends string = string, In = never, Out = unknown> =
  | WorkerOperator<Name, In, Out>
  | MainOperator<Name, In, Out>

/** The export of a module for workers: the name of the operator, and `step`, which makes its step. */
export interface WorkerDefinition<In = never, Out = unknown, Options = never> {
  readonly operator: string
  readonly step: (options: Options) => Step<In, Out> | Promise<Step<In, Out>>
}
