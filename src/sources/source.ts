import type { Packet, Slots } from '../runtime/slots.js'

/** Where a graph begins. */
export interface Source<T> {
  readonly name: string
  /**
   * Streams what there is, each value in a slot of its own that the consumer gives back through the lease;
   * reads on only when a slot is free.
   * When aborted it throws the signal's reason. However it ends, nothing that it started still runs then:
   * a consumer that waits for slots must abort, for `return()` is only heard between two values.
   */
  read(slots: Slots, signal: AbortSignal): AsyncIterable<Packet<T>>
}
