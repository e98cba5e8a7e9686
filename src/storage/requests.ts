import { backOff } from 'exponential-backoff'
import { CropstreamError, OutputError } from '../common/errors.js'
import { withoutLeftovers } from './connections.js'

export type OperationKind = 'read' | 'write' | 'copy' | 'delete' | 'list' | 'metadata'

/** Requests of one kind, as they left this machine: a retry is a request. */
export interface OperationCount {
  requests: number
  bytesUp: number
  bytesDown: number
  /** How often a request was made again, by cause: `503`, `stalled`, `ECONNRESET`, … */
  readonly retries: Record<string, number>
}

/** How requests of one kind ended, once they have. */
export interface ResultCount {
  ok: number
  /** Worth another attempt, which is a request of its own. */
  retried: number
  /** For good: refused, or later than the deadline. */
  failed: number
}

export interface RequestOptions {
  /** Milliseconds for all attempts of one operation together, the waits between them included. */
  readonly deadlineMs: number
  /** An attempt in which no byte has moved for so long is cut off and made again. */
  readonly stallMs: number
  /** The wait before the second attempt is at most this, and at most doubles each time, up to `maxDelayMs`. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
}

export const requestDefaults: RequestOptions = {
  deadlineMs: 600_000,
  stallMs: 30_000,
  firstDelayMs: 200,
  maxDelayMs: 30_000,
}

/** What an attempt is given. */
export interface Attempt {
  /** Aborted when the attempt stalls: whatever it holds open must be destroyed then. */
  readonly signal: AbortSignal
  /** To be told of every byte that moves. */
  moved(bytesUp: number, bytesDown: number): void
}

/** The server's answer means that this must not be tried again as it is. */
export interface Permanent {
  /** HTTP status, as 404 or 412. */
  readonly code: number
}

/**
 * The one place through which every request to a bucket goes: it counts them, makes transient failures
 * again with exponential backoff and full jitter under one deadline, and cuts off what stalls.
 */
export class Requests {
  readonly counts = new Map<OperationKind, OperationCount>()
  readonly results = new Map<OperationKind, ResultCount>()

  /** @param onThrottled is told when the server asks for less: 429 or 503. */
  constructor(
    readonly options: RequestOptions,
    readonly onThrottled: () => void = () => {},
  ) {}

  /**
   * @param name of the object, for errors.
   * @throws the permanent failure as it came (see `statusOf`), or OutputError when the deadline has passed.
   */
  async run<T>(kind: OperationKind, name: string, attempt: (attempt: Attempt) => Promise<T>): Promise<T> {
    const [count, result] = [this.#countOf(kind), this.#resultOf(kind)]
    const { deadlineMs, firstDelayMs, maxDelayMs } = this.options
    const end = performance.now() + deadlineMs
    let last: unknown
    const once = async () => {
      const remaining = end - performance.now()
      if (remaining <= 0) throw late(kind, name, deadlineMs, last)
      count.requests++
      const value = await withoutLeftovers(() => this.#watched(count, remaining, attempt))
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

  async #watched<T>(
    count: OperationCount,
    remainingMs: number,
    attempt: (attempt: Attempt) => Promise<T>,
  ): Promise<T> {
    const cut = new AbortController()
    const stalled = () => cut.abort(new TransientError('stalled', 'nothing moved for too long'))
    const stallMs = Math.min(this.options.stallMs, remainingMs)
    let timer = setTimeout(stalled, stallMs)
    const cutOff = new Promise<never>((_, reject) => {
      cut.signal.addEventListener('abort', () => reject(cut.signal.reason), { once: true })
    })
    try {
      const work = attempt({
        signal: cut.signal,
        moved: (bytesUp, bytesDown) => {
          count.bytesUp += bytesUp
          count.bytesDown += bytesDown
          clearTimeout(timer)
          timer = setTimeout(stalled, stallMs)
        },
      })
      // Once it is cut off, its own complaint about that is of no interest.
      work.catch(() => {})
      return await Promise.race([work, cutOff])
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

/** A failure that is worth another attempt, by a short name: `stalled`, `checksum`, `broken`. */
export class TransientError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** HTTP status of a failure, when it has one. */
export function statusOf(error: unknown): number | undefined {
  const code = codeOf(error)
  const status = typeof code === 'string' ? Number.parseInt(code, 10) : code
  return status !== undefined && status >= 100 && status < 600 ? status : undefined
}

/** What the server or the network must get over, by a short name; undefined for what will not pass by itself. */
function transientCause(error: unknown): string | undefined {
  if (error instanceof CropstreamError) return undefined
  const message = error instanceof Error ? error.message : ''
  const status = statusOf(error)
  // The bytes were not those that were promised: they were damaged on their way.
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

function late(kind: OperationKind, name: string, deadlineMs: number, cause: unknown): OutputError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new OutputError(
    `Cannot ${kind} ${name}: it did not succeed within ${deadlineMs / 1000} s (${why}); try again later`,
    { cause },
  )
}
