import type { Lease, Origin, Slots } from './slots.js'

/** One value of a source, in a slot of its own. */
export interface SourceItem<T, O extends Origin> {
  readonly origin: O
  readonly value: T
  readonly lease: Lease
}

/** Where a graph begins. */
export interface Source<T, O extends Origin = Origin> {
  /** Of the source as the first step of a graph. */
  readonly name: string
  /** What its values are called in an error: `frame`. */
  readonly item?: string
  /**
   * Streams what there is, each value in a slot of its own that its consumers give back through the lease;
   * reads on only when a slot is free. When aborted it ends or throws the signal's reason. However it
   * ends, nothing that it started still runs then: a source that waits for a slot must end on abort, for
   * `return()` is only heard between two values.
   */
  read(slots: Slots, signal: AbortSignal): AsyncIterable<SourceItem<T, O>>
}
