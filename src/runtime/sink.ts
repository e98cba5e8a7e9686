/** The end of a graph. Disposing it discards unfinished values. */
export interface Sink<T> extends AsyncDisposable {
  readonly name: string
  /** Milliseconds that writers have waited for free capacity. */
  readonly waitedMs?: number
  /**
   * Resolves when there is capacity for more, NOT when the value is durable: waiting for durability would deadlock
   * when a batch is larger than the slots. Rejects when this or an earlier write failed.
   */
  write(value: T): Promise<void>
}
