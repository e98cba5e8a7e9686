import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { anySignal } from '../../common/any-signal.js'
import { CropstreamError, exitCode, expected, OutputError, UsageError } from '../../common/errors.js'
import { type JobData, queueName } from './contract.js'
import { optionalPeer } from './optional-peer.js'

/** A command that a person waits for gives up after so many tries to connect. */
const impatientTries = 3
/** Between two tries to connect, at most. */
const retryMs = 2000

interface Options {
  /** Waits for a server that is down, at the start too. */
  readonly patient: boolean
  readonly warn: (message: string) => void
  /** Ends the wait. */
  readonly signal?: AbortSignal
}

/** A Redis or Valkey server that is safe to keep jobs in. Neither library is loaded before it is asked for. */
export class QueueServer implements AsyncDisposable {
  #queue: Queue<JobData> | undefined

  private constructor(
    readonly bullmq: typeof import('bullmq'),
    readonly client: Redis,
    /** Its URL without user and password. */
    readonly shownUrl: string,
  ) {}

  /**
   * @throws UsageError for a server that may throw jobs away or does not let this user in, OutputError for one that
   * cannot be reached.
   */
  static async connect(url: string, options: Options): Promise<QueueServer> {
    const shown = shownUrl(url)
    const names = ['bullmq', 'ioredis'] as const
    const bullmq = optionalPeer((load): typeof import('bullmq') => load('bullmq'), ...names)
    const { Redis } = optionalPeer((load): typeof import('ioredis') => load('ioredis'), ...names)
    const client = new Redis(url, {
      lazyConnect: true,
      // BullMQ requires it: a command waits until the server is there again.
      maxRetriesPerRequest: null,
      retryStrategy: tries =>
        !options.patient && tries > impatientTries ? null : Math.min(retryMs, 100 * 2 ** tries),
    })
    const server = new QueueServer(bullmq, client, shown)
    try {
      await server.#begin(options)
    } catch (error) {
      client.disconnect()
      throw error
    }
    return server
  }

  get queue(): Queue<JobData> {
    if (this.#queue === undefined) {
      this.#queue = new this.bullmq.Queue<JobData>(queueName, { connection: this.client })
      this.#queue.on('error', () => {}) // what asks for something gets the error
    }
    return this.#queue
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue?.close()
    this.client.disconnect()
  }

  async #begin({ patient, warn, signal }: Options): Promise<void> {
    const { client, shownUrl } = this
    let last: Error | undefined
    const ended = new AbortController()
    client.on('error', (error: Error) => {
      const before = last?.message
      last = error
      if (isRefusal(error.message)) ended.abort(error)
      else if (patient && error.message !== before)
        warn(`cannot reach the queue at ${shownUrl}: ${error.message}; waiting for it`)
    })
    client.on('end', () => ended.abort(last))
    client.on('ready', () => {
      if (last !== undefined && patient) warn(`the queue at ${shownUrl} is there again`)
      last = undefined
    })
    // Not `once` of node:events, which also ends with the first error.
    const ready = new Promise<void>((resolve, reject) => {
      client.once('ready', resolve)
      const stop = anySignal(ended.signal, signal)
      stop.addEventListener('abort', () => reject(stop.reason), { once: true })
    })
    client.connect().catch(() => {}) // said above
    try {
      await ready
    } catch (cause) {
      if (signal?.aborted)
        throw new CropstreamError(exitCode.interrupted, 'Interrupted before the queue was reached')
      const why = last?.message ?? 'the connection was closed'
      if (isRefusal(why))
        throw new UsageError(`The queue at ${shownUrl} refuses the user or password of --queue: ${why}`, {
          cause,
        })
      throw new OutputError(`Cannot reach the queue at ${shownUrl}: ${why}; is the server running?`, {
        cause,
      })
    }
    await this.#refuseUnsafe(warn)
  }

  async #refuseUnsafe(warn: (message: string) => void): Promise<void> {
    const info = await this.client.info()
    const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
    const policy = field('maxmemory_policy')
    if (policy !== undefined && policy !== 'noeviction') {
      throw new UsageError(
        `The queue at ${this.shownUrl} may throw jobs away: its maxmemory-policy is ${policy}; set it with redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf`,
      )
    }
    if (field('aof_enabled') === '0') {
      warn(
        `the queue at ${this.shownUrl} has no append-only file: jobs are lost when the server ends, and must be submitted again; redis-cli CONFIG SET appendonly yes keeps them`,
      )
    }
  }
}

/** Of the user or the password. */
const isRefusal = (message: string): boolean => /WRONGPASS|NOAUTH|NOPERM/.test(message)

/** @throws UsageError for what is no URL of a server. */
function shownUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new UsageError(expected('redis://host:port or rediss://host:port', '--queue', withoutPassword(url)))
  }
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`
}

const withoutPassword = (text: string): string => text.replace(/^([^/]*\/\/)?.*@/, '$1…@')
