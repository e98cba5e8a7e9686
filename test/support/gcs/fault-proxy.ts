import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { ask, collect, exchangeOf, readdressed } from './exchange.js'
import { chooser, type FaultPlan } from './fault-plan.js'
import { type Answer, type Fault, inject } from './faults.js'
import { gaps } from './gaps.js'
import { type Kind, operationOf } from './operations.js'

/** One request as the server's side of the wire saw it. */
export interface LoggedRequest {
  readonly kind: Kind
  readonly bucket: string
  readonly object: string
  /** Of the bodies that reached and left the proxy, an upload's envelope included, headers not. */
  readonly bytesUp: number
  readonly bytesDown: number
  /** What the server said, whatever the client was told: 0 when the server was not asked. */
  readonly status: number
  readonly fault?: Fault
}

export interface Traffic {
  readonly requests: number
  readonly bytesUp: number
  readonly bytesDown: number
}

export interface FaultProxy extends AsyncDisposable {
  /** The `apiEndpoint` of a client. */
  readonly url: string
  /** Every request since the start or `forget`, in the order of arrival. */
  readonly log: readonly LoggedRequest[]
  /** The part of the log that suffered a fault. */
  readonly injected: readonly LoggedRequest[]
  /** Of one kind, or of all. */
  traffic(kind?: Kind): Traffic
  /** The most requests that were under way at one time. */
  readonly peakInFlight: number
  /** Empties log and peak. */
  forget(): void
  /** Ends with whatever is stalled. */
  close(): Promise<void>
}

export interface FaultProxyOptions {
  readonly target: string
  /** No answer begins sooner than this after its request arrived; the server's own work counts towards it. */
  readonly latencyMs?: number
  readonly faults?: FaultPlan
}

/** Stands between a client and the emulator: counts, delays, breaks, and fills the emulator's gaps. */
export async function startFaultProxy({
  target,
  latencyMs = 0,
  faults = [],
}: FaultProxyOptions): Promise<FaultProxy> {
  const choose = chooser(faults)
  const { before, after } = gaps(target)
  let log: { -readonly [Key in keyof LoggedRequest]: LoggedRequest[Key] }[] = []
  let inFlight = 0
  let peakInFlight = 0
  let url = ''

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = operationOf(request)
    const { kind, bucket, object } = operation
    const fault = choose(operation)
    const entry = { kind, bucket, object, bytesUp: 0, bytesDown: 0, status: 0, ...(fault && { fault }) }
    log.push(entry)
    peakInFlight = Math.max(peakInFlight, ++inFlight)
    response.on('close', () => inFlight--)
    const due = latencyMs > 0 ? delay(latencyMs) : undefined

    /** Asks the server, or answers in its stead, and gives either the whole answer or a stream of stored bytes. */
    const served = async (body?: Buffer): Promise<Answer | IncomingMessage> => {
      const gap = await before(operation, request.headers['content-range'])
      try {
        if (gap.answer) {
          request.resume()
          entry.status = gap.answer.status
          return gap.answer
        }
        const answer = await ask(target, request, entry, body)
        entry.status = answer.statusCode ?? 0
        if (kind === 'read' || kind === 'other') return answer
        const collected = readdressed(await collect(answer), target, url)
        if (kind === 'chunk') after(operation, collected)
        return collected
      } finally {
        gap.done()
      }
    }

    if (fault) {
      await due
      const forward = async (body: Buffer) => {
        const answer = await served(body)
        return 'body' in answer ? answer : collect(answer)
      }
      return inject(fault, exchangeOf(operation, request, response, entry, forward))
    }
    const answer = await served()
    await due
    if ('body' in answer) {
      entry.bytesDown += answer.body.length
      response.writeHead(answer.status, answer.headers).end(answer.body)
    } else {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('data', (chunk: Buffer) => {
        entry.bytesDown += chunk.length
      })
      await pipeline(answer, response)
    }
  }

  // A client or a server that hung up is an everyday event here: the other side is hung up on too.
  const server = http.createServer((request, response) =>
    handle(request, response).catch(() => response.destroy()),
  )
  // Whoever stalls does so until somebody gives up, and idle connections are the client's to close.
  server.requestTimeout = 0
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Expected a port')
  url = `http://127.0.0.1:${address.port}`

  const close = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return {
    url,
    get log() {
      return log
    },
    get injected() {
      return log.filter(entry => entry.fault !== undefined)
    },
    traffic(kind) {
      const entries = log.filter(entry => kind === undefined || entry.kind === kind)
      const sum = (bytes: (entry: LoggedRequest) => number) =>
        entries.reduce((all, entry) => all + bytes(entry), 0)
      return { requests: entries.length, bytesUp: sum(e => e.bytesUp), bytesDown: sum(e => e.bytesDown) }
    },
    get peakInFlight() {
      return peakInFlight
    },
    forget() {
      log = []
      peakInFlight = inFlight
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
