import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { OutputError } from '../common/errors.js'
import type { Metrics } from './metrics.js'

/** What is scraped. */
type Scraped = Pick<Metrics, 'registry' | 'phase'>

/** Timeout for a client to send its request, and for an idle connection. */
const timeoutMs = 5000

/**
 * Serves /metrics for Prometheus, /healthz (the process is alive) and /readyz (the graph is running) on all
 * interfaces. The server and its connections do not keep the process alive.
 */
export class ScrapeServer implements AsyncDisposable {
  readonly #server: Server

  private constructor(metrics: Scraped) {
    const limits = { requestTimeout: timeoutMs, headersTimeout: timeoutMs, keepAliveTimeout: timeoutMs }
    this.#server = createServer(limits, (request, response) => void answer(metrics, request, response))
    this.#server.on('connection', socket => socket.unref()).unref()
  }

  /** Starts the server. @throws OutputError when the port cannot be opened. */
  static async listen(metrics: Scraped, port: number): Promise<ScrapeServer> {
    const made = new ScrapeServer(metrics)
    try {
      await once(made.#server.listen(port), 'listening')
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : cause
      const why = code === 'EADDRINUSE' ? 'another program uses it' : `${code}`
      throw new OutputError(
        `Cannot serve metrics on port ${port}: ${why}; choose another --metrics-port, or 0 for any free one`,
        { cause },
      )
    }
    return made
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

async function answer(metrics: Scraped, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return void reply(405, 'Only GET and HEAD\n')
  }
  switch (request.url?.split('?')[0]) {
    case '/metrics':
      try {
        const { registry } = metrics
        return void reply(200, await registry.metrics(), registry.contentType)
      } catch (error) {
        return void reply(500, `${error}\n`)
      }
    case '/healthz':
      return void reply(200, 'ok\n')
    case '/readyz':
      return void reply(metrics.phase === 'running' ? 200 : 503, `${metrics.phase}\n`)
    default:
      return void reply(404, 'Try /metrics, /healthz or /readyz\n')
  }
}
