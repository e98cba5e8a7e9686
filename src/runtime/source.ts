import type { Packet, Slots } from './slots.js'

/** Where a graph begins. */
export interface Source<T> {
  readonly name: string
  /**
   * Streams what there is, each value in a slot of its own that its consumers give back through the lease;
   * reads on only when a slot is free. When aborted it ends or throws the signal's reason. However it
   * ends, nothing that it started still runs then: who waits for slots must abort, for `return()` is only
   * heard between two values.
   */
  read(slots: Slots, signal: AbortSignal): AsyncIterable<Packet<T>>
}
