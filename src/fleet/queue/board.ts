import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { OutputError } from '../../common/errors.js'
import { optionalPeer } from './optional-peer.js'
import { queueMetrics } from './queue-metrics.js'
import type { QueueServer } from './server.js'

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

/** A page of the queue. */
export interface Board extends AsyncDisposable {
  readonly url: string
}

/**
 * Serves bull-board, read-only, and /metrics. There is no password: on a loopback address, a page of another site that
 * resolves its name to this machine is refused.
 */
export async function serveBoard(queue: QueueServer, host: string, port: number): Promise<Board> {
  const { ExpressAdapter, createBullBoard, BullMQAdapter } = optionalPeer(load => {
    const server: typeof import('@bull-board/express') = load('@bull-board/express')
    const board: typeof import('@bull-board/api') = load('@bull-board/api')
    const queues: typeof import('@bull-board/api/bullMQAdapter') = load('@bull-board/api/bullMQAdapter')
    return { ...server, ...board, ...queues }
  }, '@bull-board/express')
  const adapter = new ExpressAdapter()
  adapter.setBasePath('')
  createBullBoard({
    // Retried from here, a video would not be tried anew: `cropstream retry` does that.
    queues: [new BullMQAdapter(queue.queue, { readOnlyMode: true })],
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'cropstream' } },
  })
  const board: RequestListener = adapter.getRouter()
  const metrics = queueMetrics(queue)
  const isLocal = loopback.test(host.includes(':') ? `[${host}]` : host)
  const server = createServer((request, response) => {
    const reply = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
    if (isLocal && !loopback.test(request.headers.host ?? '')) return void reply(403, 'another host\n')
    if (request.url?.split('?')[0] !== '/metrics') return void board(request, response)
    metrics.metrics().then(
      text => reply(200, text, metrics.contentType),
      error => reply(500, `${error}\n`),
    )
  })
  try {
    await once(server.listen(port, host), 'listening')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause
    throw new OutputError(`Cannot serve the queue on ${host}:${port}: ${code}; choose another --serve PORT`, {
      cause,
    })
  }
  const address = server.address()
  const given = typeof address === 'object' && address !== null ? address.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${given}/`,
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
