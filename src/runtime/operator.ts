/**
 * A value that needs no further step: it passes by all that remain, to the sink.
 */
export interface Final {
  readonly final: true
}

export const isFinal = (value: unknown): value is Final =>
  typeof value === 'object' && value !== null && 'final' in value && value.final === true

/** A box in what a value comes from, `[x1, y1, x2, y2]`. */
export type Region = readonly [number, number, number, number]

/**
 * What a step does with one input: none, one or many outputs. None means dropped, and then a reason must
 * have been counted.
 */
export type Step<In, Out> = (input: In, context: StepContext) => readonly Out[] | Promise<readonly Out[]>

/** What a step reports beside its outputs; the run adds it up. */
export interface StepContext {
  /**
   * Counts dropped items by reason: `off_pitch`, `too_small`, …
   * @param example where one of them was, for a report to show.
   */
  drop(reason: string, count?: number, example?: Region): void
  /**
   * Counts items in and out where one value holds many, as a frame holds its detections. A step that
   * never calls it is counted by its values: one in, as many out as it returned.
   */
  count(itemsIn: number, itemsOut: number): void
}

/** A step that remembers. It gets every input of a run once, in order, on the main thread. */
export interface StatefulStep<In, Out, State = unknown> {
  step: Step<In, Out>
  /** All that it remembers, as JSON can hold it: the state after the last input. */
  snapshot(): State
  /** Makes it continue where the step that gave the snapshot was. */
  restore(state: State): void
}

interface Named<Name extends string, In, Out> {
  /** Lower case with dashes; a label of the metrics. */
  readonly name: Name
  /** Carries the types of what goes in and out, so that a wiring mistake is a compile error; never set. */
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

/** A step that remembers, and so runs on the main thread, in order. */
export interface MainOperator<Name extends string = string, In = never, Out = unknown>
  extends Named<Name, In, Out> {
  make(): StatefulStep<In, Out>
}

/** A step of a graph, with its options. */
export type Operator<Name extends string = string, In = never, Out = unknown> =
  | WorkerOperator<Name, In, Out>
  | MainOperator<Name, In, Out>

/** What a module exports for a worker: the name says which operator, `step` makes its step. */
export interface WorkerDefinition<In = never, Out = unknown, Options = never> {
  readonly operator: string
  readonly step: (options: Options) => Step<In, Out> | Promise<Step<In, Out>>
}
