import { setTimeout as delay } from 'node:timers/promises'

export interface RetryOptions {
  /** Milliseconds for all attempts together, the waits between them included. */
  readonly deadlineMs: number
  /** An attempt in which nothing moved for so long is cut off. */
  readonly stallMs: number
  /** The first wait is at most this, each next one at most twice the one before, up to `maxDelayMs`. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
}

export const retryDefaults: RetryOptions = {
  deadlineMs: 600_000,
  stallMs: 30_000,
  firstDelayMs: 250,
  maxDelayMs: 32_000,
}
