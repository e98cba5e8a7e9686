/**
 * A slot is a credit: a source reads a value only into a free slot, so at most `limit` values of the source exist,
 * however many values RxJS queues.
 */
export interface Slot {
  /** Memory for one frame, shared by all threads. Write it only before its packet is sent. */
  readonly bytes: Uint8Array<SharedArrayBuffer>
  readonly lease: Lease
}

/** The right to use a slot. Only the main thread holds leases; workers only read the slot. */
export interface Lease {
  /** Frees the slot. Call it exactly once. */
  release(): void
  /** Resolves when the slot is free. */
  readonly released: Promise<void>
}

/** A value of the source, identified by its index. */
export interface Origin {
  /** Ascending. */
  readonly index: number
}

/**
 * All values made from one value of the source, with the lease that keeps its pixels alive. They stay together from
 * the source to the sink, so that a frame costs one hand-off per stage.
 */
export interface Packet<T, O extends Origin = Origin> {
  readonly origin: O
  readonly values: readonly T[]
  readonly lease: Lease
}

/** A pool of equal slots in one SharedArrayBuffer. */
export class Slots {
  readonly #free: Uint8Array<SharedArrayBuffer>[] = []
  readonly #waiting: ((slot: Slot) => void)[] = []
  #highWater = 0
  #waitedMs = 0

  /** @param limit slots, at least 1. @param slotBytes size of each. */
  constructor(
    readonly limit: number,
    readonly slotBytes: number,
  ) {
    const memory = new SharedArrayBuffer(limit * slotBytes)
    for (let i = 0; i < limit; i++) this.#free.push(new Uint8Array(memory, i * slotBytes, slotBytes))
  }

  /** Slots in use now. */
  get live(): number {
    return this.limit - this.#free.length
  }

  /** Peak number of slots in use. */
  get highWater(): number {
    return this.#highWater
  }

  /** Milliseconds that the source waited for a slot: backpressure of the graph on ffmpeg. */
  get waitedMs(): number {
    return this.#waitedMs
  }

  /** Resolves when a slot is free, in the order of the calls; rejects with the signal's reason when aborted. */
  async take(signal?: AbortSignal): Promise<Slot> {
    signal?.throwIfAborted()
    const bytes = this.#free.pop()
    if (bytes !== undefined) return this.#lend(bytes)
    const start = performance.now()
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(grant), 1)
        reject(signal?.reason)
      }
      const grant = (slot: Slot) => {
        signal?.removeEventListener('abort', abort)
        this.#waitedMs += performance.now() - start
        resolve(slot)
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.push(grant)
    })
  }

  #lend(bytes: Uint8Array<SharedArrayBuffer>): Slot {
    this.#highWater = Math.max(this.#highWater, this.live)
    let held = true
    let resolveReleased = () => {}
    const released = new Promise<void>(resolve => {
      resolveReleased = resolve
    })
    const release = () => {
      if (!held) throw new Error('a lease was released twice')
      held = false
      resolveReleased()
      const next = this.#waiting.shift()
      if (next === undefined) this.#free.push(bytes)
      else next(this.#lend(bytes))
    }
    return { bytes, lease: { release, released } }
  }
}
