/** Where values end. Disposing it gives up whatever has not been finished. */
export interface Sink<T> extends AsyncDisposable {
  readonly name: string
  /** Milliseconds for which writers have waited for room. */
  readonly waitedMs?: number
  /**
   * Resolves when there is ROOM for more, not when the value is durable: waiting for durability with a
   * batch larger than the slots would never end. Rejects when this or an earlier write failed.
   */
  write(value: T): Promise<void>
}
