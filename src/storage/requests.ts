import { backOff } from 'exponential-backoff'
import { CropstreamError, OutputError } from '../common/errors.js'
import { closeConnectionsOnFailure } from './connections.js'

export type OperationKind = 'read' | 'write' | 'copy' | 'delete' | 'list' | 'metadata'

/** Requests of one kind that were sent; each retry counts. */
export interface OperationCount {
  requests: number
  bytesUp: number
  bytesDown: number
  /** Number of retries by cause: `503`, `stalled`, `ECONNRESET`, … */
  readonly retries: Record<string, number>
}

/** Results of the requests of one kind that have ended. */
export interface ResultCount {
  ok: number
  /** Failed and sent again; the next attempt is counted as a request of its own. */
  retried: number
  /** Rejected for good, or not successful before the deadline. */
  failed: number
}

export interface RequestOptions {
  /** Milliseconds for all attempts of one operation and the waits between them. */
  readonly deadlineMs: number
  /** An attempt without progress for this many milliseconds is aborted and retried. */
  readonly stallMs: number
  /** Upper bound of the wait before the second attempt; the bound doubles each time, up to `maxDelayMs`. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
}

export const requestDefaults: RequestOptions = {
  deadlineMs: 600_000,
  stallMs: 30_000,
  firstDelayMs: 200,
  maxDelayMs: 30_000,
}

/** Passed to each attempt of an operation. */
export interface Attempt {
  /** Aborted when the attempt stalls: it must then destroy its streams. */
  readonly signal: AbortSignal
  /** Must be called for every transferred byte; it also resets the stall timer. */
  moved(bytesUp: number, bytesDown: number): void
}

/**
 * Sends every request to a bucket: counts it, retries transient failures with exponential backoff and full
 * jitter under one deadline, and aborts stalled attempts.
 */
export class Requests {
  readonly counts = new Map<OperationKind, OperationCount>()
  readonly results = new Map<OperationKind, ResultCount>()

  /** @param onThrottled called when the server throttles: status 429 or 503. */
  constructor(
    readonly options: RequestOptions,
    readonly onThrottled: () => void = () => {},
  ) {}

  /**
   * @param name of the object, for errors.
   * @throws the permanent failure unchanged (see `statusOf`), or OutputError after the deadline.
   */
  async run<T>(kind: OperationKind, name: string, attempt: (attempt: Attempt) => Promise<T>): Promise<T> {
    const [count, result] = [this.#countOf(kind), this.#resultOf(kind)]
    const { deadlineMs, firstDelayMs, maxDelayMs } = this.options
    const end = performance.now() + deadlineMs
    let last: unknown
    const once = async () => {
      const remaining = end - performance.now()
      if (remaining <= 0) throw deadlineError(kind, name, deadlineMs, last)
      count.requests++
      const value = await closeConnectionsOnFailure(() => this.#abortStalled(count, remaining, attempt))
      result.ok++
      return value
    }
    return backOff(once, {
      numOfAttempts: Number.POSITIVE_INFINITY,
      startingDelay: firstDelayMs,
      maxDelay: maxDelayMs,
      jitter: 'full',
      retry: error => {
        const cause = transientCause(error)
        if (cause === undefined) {
          result.failed++
          return false
        }
        last = error
        result.retried++
        count.retries[cause] = (count.retries[cause] ?? 0) + 1
        if (cause === '429' || cause === '503') this.onThrottled()
        return true
      },
    })
  }

  async #abortStalled<T>(
    count: OperationCount,
    remainingMs: number,
    attempt: (attempt: Attempt) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController()
    const stalled = () => controller.abort(new TransientError('stalled', 'the transfer stalled'))
    const stallMs = Math.min(this.options.stallMs, remainingMs)
    let timer = setTimeout(stalled, stallMs)
    const { signal } = controller
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    try {
      const work = attempt({
        signal,
        moved: (bytesUp, bytesDown) => {
          count.bytesUp += bytesUp
          count.bytesDown += bytesDown
          clearTimeout(timer)
          timer = setTimeout(stalled, stallMs)
        },
      })
      // After an abort the attempt rejects too, which must not become an unhandled rejection.
      work.catch(() => {})
      return await Promise.race([work, aborted])
    } finally {
      clearTimeout(timer)
    }
  }

  #resultOf(kind: OperationKind): ResultCount {
    let result = this.results.get(kind)
    if (result === undefined) {
      result = { ok: 0, retried: 0, failed: 0 }
      this.results.set(kind, result)
    }
    return result
  }

  #countOf(kind: OperationKind): OperationCount {
    let count = this.counts.get(kind)
    if (count === undefined) {
      count = { requests: 0, bytesUp: 0, bytesDown: 0, retries: {} }
      this.counts.set(kind, count)
    }
    return count
  }
}

/** A failure that is retried. `code` is its cause in counts and metrics: `stalled`, `checksum`, `broken`. */
export class TransientError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** HTTP status of a failure; undefined when it has none. */
export function statusOf(error: unknown): number | undefined {
  const code = codeOf(error)
  const status = typeof code === 'string' ? Number.parseInt(code, 10) : code
  return status !== undefined && status >= 100 && status < 600 ? status : undefined
}

/** The cause of a transient failure, as a short name for counts; undefined for a permanent failure. */
function transientCause(error: unknown): string | undefined {
  if (error instanceof CropstreamError) return undefined
  const message = error instanceof Error ? error.message : ''
  const status = statusOf(error)
  // The bytes do not match the checksum: they were damaged in transit.
  if (status === 400 && /crc32c/i.test(message)) return 'checksum'
  if (codeOf(error) === 'CONTENT_DOWNLOAD_MISMATCH') return 'checksum'
  if (status !== undefined)
    return [408, 429, 500, 502, 503, 504].includes(status) ? String(status) : undefined
  if (error instanceof TransientError) return error.code
  const code = codeOf(error)
  if (typeof code === 'string' && transientCodes.has(code)) return code
  return /invalid json|socket hang up|premature close|network|aborted|terminated/i.test(message)
    ? 'broken'
    : undefined
}

const transientCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
])

function codeOf(error: unknown): string | number | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' || typeof error.code === 'number' ? error.code : undefined
}

function deadlineError(kind: OperationKind, name: string, deadlineMs: number, cause: unknown): OutputError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new OutputError(
    `Cannot ${kind} ${name}: it did not succeed within ${deadlineMs / 1000} s (${why}); try again later`,
    { cause },
  )
}
