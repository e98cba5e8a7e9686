import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { Answer, Exchange } from './faults.js'
import type { Operation } from './operations.js'

const agent = new http.Agent({ keepAlive: true })

export interface Meter {
  bytesUp: number
  bytesDown: number
}

/** Forwards a request, with a streamed or complete upload, and resolves with the head of the response. */
export function sendRequest(
  target: string,
  request: IncomingMessage,
  meter: Meter,
  body?: Buffer,
): Promise<IncomingMessage> {
  const { host: _, 'transfer-encoding': encoding, ...headers } = request.headers
  const streamed = body === undefined
  return new Promise((resolve, reject) => {
    const upstream = http.request(target + request.url, {
      agent,
      method: request.method,
      headers: {
        ...headers,
        ...(streamed ? encoding && { 'transfer-encoding': encoding } : { 'content-length': body.length }),
      },
    })
    upstream.on('response', resolve).on('error', reject)
    // If the client disconnects during an upload, the partial upload must not wait at the server.
    request.on('error', () => upstream.destroy())
    if (!streamed) {
      upstream.end(body)
      return
    }
    request.on('data', (chunk: Buffer) => {
      meter.bytesUp += chunk.length
    })
    request.pipe(upstream)
  })
}

export async function collect(answer: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  // The body is complete now, so it is not chunked.
  const { 'transfer-encoding': _, ...headers } = answer.headers
  return { status: answer.statusCode ?? 502, headers, body: Buffer.concat(chunks) }
}

/** Replaces URLs of the server by those of the proxy, in headers and JSON. Not for stored bytes. */
export function readdressed(answer: Answer, from: string, to: string): Answer {
  const body = Buffer.from(answer.body.toString().replaceAll(from, to))
  const { location } = answer.headers
  return {
    status: answer.status,
    headers: {
      ...answer.headers,
      ...(body.length !== answer.body.length && { 'content-length': `${body.length}` }),
      ...(typeof location === 'string' && { location: location.replaceAll(from, to) }),
    },
    body,
  }
}

/** A request for a fault: nothing is read, forwarded or answered except by the fault. */
export function exchangeOf(
  operation: Operation,
  request: IncomingMessage,
  response: ServerResponse,
  meter: Meter,
  forward: (body: Buffer) => Promise<Answer>,
): Exchange {
  return {
    operation,
    contentType: request.headers['content-type'] ?? '',
    async read(limit = Infinity) {
      const chunks: Buffer[] = []
      let length = 0
      if (limit > 0) {
        for await (const chunk of request.iterator({ destroyOnReturn: false })) {
          chunks.push(chunk)
          length += chunk.length
          if (length >= limit) break
        }
      }
      meter.bytesUp += length
      return Buffer.concat(chunks)
    },
    forward,
    async begin({ status, headers, body }, bytes = body.length) {
      response.writeHead(status, headers).flushHeaders()
      await this.send(body.subarray(0, bytes))
    },
    async send(bytes) {
      meter.bytesDown += bytes.length
      if (bytes.length > 0) await new Promise<void>(resolve => response.write(bytes, () => resolve()))
    },
    end: () => response.end(),
    hangUp: () => request.socket.destroy(),
    reset: () => request.socket.resetAndDestroy(),
  }
}
