import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { collect, exchangeOf, readdressed, sendRequest } from './exchange.js'
import { chooser, type FaultPlan } from './fault-plan.js'
import { type Answer, type Fault, inject } from './faults.js'
import { gaps } from './gaps.js'
import { type Kind, operationOf } from './operations.js'

/** One request as seen by the server. */
export interface LoggedRequest {
  readonly kind: Kind
  readonly bucket: string
  readonly object: string
  /** Bytes of the bodies, with the envelope of an upload, without headers. */
  readonly bytesUp: number
  readonly bytesDown: number
  /** Status of the server, which may differ from that for the client; 0 if the request was not forwarded. */
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
  /** All requests since the start or `forget`, in order of arrival. */
  readonly log: readonly LoggedRequest[]
  /** Requests with a fault. */
  readonly injected: readonly LoggedRequest[]
  /** Number of requests of one kind, or of all. */
  traffic(kind?: Kind): Traffic
  /** Peak number of concurrent requests. */
  readonly peakInFlight: number
  /** Clears the log and the peak. */
  forget(): void
  /** Closes the proxy, including stalled requests. */
  close(): Promise<void>
}

export interface FaultProxyOptions {
  readonly target: string
  /** Minimum latency of a response, including the time of the server. */
  readonly latencyMs?: number
  readonly faults?: FaultPlan
  /** Refuses requests without a project to bill, as a requester-pays bucket does. */
  readonly requesterPays?: boolean
}

/** A proxy between client and emulator: counts, delays and breaks requests, and adds missing features. */
export async function startFaultProxy({
  target,
  latencyMs = 0,
  faults = [],
  requesterPays = false,
}: FaultProxyOptions): Promise<FaultProxy> {
  const choose = chooser(faults)
  const { before, after } = gaps(target, requesterPays)
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

    /** Forwards a request, or answers it in place of the server; returns the complete response or a stream. */
    const served = async (body?: Buffer): Promise<Answer | IncomingMessage> => {
      const gap = await before(operation, request.headers['content-range'])
      try {
        if (gap.answer) {
          request.resume()
          entry.status = gap.answer.status
          return gap.answer
        }
        const answer = await sendRequest(target, request, entry, body)
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

  // Disconnects of the client or the server are normal here: close the other side as well.
  const server = http.createServer((request, response) =>
    handle(request, response).catch(() => response.destroy()),
  )
  // Stalled requests last until the client aborts them, and the client closes idle connections.
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
