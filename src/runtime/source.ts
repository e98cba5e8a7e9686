import type { Lease, Origin, Slots } from './slots.js'

/** One value of a source, in a slot of its own. */
export interface SourceItem<T, O extends Origin> {
  readonly origin: O
  readonly value: T
  readonly lease: Lease
}

/** The start of a graph. */
export interface Source<T, O extends Origin = Origin> {
  /** Name of the source as the first step of a graph. */
  readonly name: string
  /** Name of its values in error messages: `frame`. */
  readonly item?: string
  /**
   * Streams values, each in its own slot, which consumers free through the lease; waits for a free slot. On abort it
   * ends or throws the signal's reason. After the end, nothing that it started is running. A source that waits for a
   * slot must end on abort, because `return()` takes effect only between two values.
   */
  read(slots: Slots, signal: AbortSignal): AsyncIterable<SourceItem<T, O>>
}
