import type { Packet, Slots } from './slots.js'

/** Where packets come from. */
export interface Source<T> {
  readonly name: string
  /**
   * Reads on only when `slots.take` has given it room. Once `signal` is aborted it ends, and when the
   * iteration has ended, however it did, nothing of the source runs any more.
   */
  read(slots: Slots, signal: AbortSignal): AsyncIterable<Packet<T>>
}
