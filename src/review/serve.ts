import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { InputError } from '../common/errors.js'
import type { SharedStore } from '../storage/store.js'
import { parseReview } from './review.js'
import { type ReviewedRun, reviewName } from './reviewed-run.js'

/** A review of ten thousand decisions is less than one. */
const maxReviewBytes = 8 << 20
const host = '127.0.0.1'

/** A run that is served to the browser of this machine. */
export interface ReviewServer extends AsyncDisposable {
  readonly url: string
}

/**
 * Serves the report of a run and its crops, and writes the review that the page saves. Only who knows the token in the
 * URL can read or write; a page of another site cannot, even by a name that resolves to this machine: the host is checked.
 * @param onSaved called with the number of actions.
 */
export async function serveReview(
  run: ReviewedRun,
  onSaved: (actions: number) => void = () => {},
): Promise<ReviewServer> {
  const token = randomBytes(24).toString('base64url')
  const server = createServer((request, response) => {
    answer(run, { token, origin: originOf(server.address()) }, request, response, onSaved).catch(error => {
      if (response.headersSent) response.destroy()
      else end(response, error instanceof InputError ? 400 : 500, `${(error as Error).message}\n`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  return {
    url: `${originOf(server.address())}/${token}/report.html?served#who`,
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const originOf = (address: AddressInfo | string | null): string =>
  `http://${host}:${(address as AddressInfo).port}`

interface Access {
  readonly token: string
  readonly origin: string
}

async function answer(
  run: ReviewedRun,
  { token, origin }: Access,
  request: IncomingMessage,
  response: ServerResponse,
  onSaved: (actions: number) => void,
): Promise<void> {
  const { headers, method, url = '' } = request
  if (`http://${headers.host}` !== origin) return end(response, 403, 'another host\n')
  // A browser names the page that sends; programs of the user send none.
  if (headers.origin !== undefined && headers.origin !== origin) return end(response, 403, 'another origin\n')
  const [, given = '', path = ''] = /^\/([^/?]*)\/([^?]*)(?:\?.*)?$/.exec(url) ?? []
  if (!isToken(given, token)) return end(response, 404, 'not found\n')
  if (method === 'PUT' && path === reviewName) {
    const review = parseReview(await bodyOf(request), reviewName)
    const seen = headers['if-match'] ?? tagOf(undefined)
    const bytes = Buffer.from(`${JSON.stringify(review, null, 1)}\n`)
    // Other pages, and other servers, may be open: none replaces what it has not seen.
    if (!(await run.save(review, bytes, now => tagOf(now) === seen))) {
      return end(response, 412, 'another page has saved since: reload this one to continue with that\n')
    }
    onSaved(review.actions.length)
    response.setHeader('ETag', tagOf(bytes))
    return end(response, 204)
  }
  if (method !== 'GET') return end(response, 405, 'not allowed\n')
  if (path === reviewName) {
    const bytes = await run.review()
    response.setHeader('ETag', tagOf(bytes))
    // No review yet is no error, which the browser would log.
    return end(response, bytes === undefined ? 204 : 200, bytes?.toString(), 'application/json')
  }
  const [, track] = /^tracks\/(\d+)\.json$/.exec(path) ?? []
  if (track !== undefined) {
    return end(response, 200, JSON.stringify(run.cropsOf(Number(track))), 'application/json')
  }
  if (path === 'report.html') return send(run.store, path, response, 'text/html; charset=utf-8')
  if (run.isCrop(path)) return send(run.store, path, response, 'image/jpeg')
  return end(response, 404, 'not found\n')
}

/** Changes with the review; without one, a tag of its own. */
const tagOf = (review: Uint8Array | undefined): string =>
  review === undefined ? '"none"' : `"${createHash('sha256').update(review).digest('hex').slice(0, 32)}"`

function isToken(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    // Read to its end: the browser would not see an answer before it.
    if (bytes <= maxReviewBytes) pieces.push(piece)
  }
  if (bytes > maxReviewBytes) throw new InputError(`Expected a review of at most ${maxReviewBytes} bytes`)
  return Buffer.concat(pieces)
}

async function send(store: SharedStore, path: string, response: ServerResponse, type: string): Promise<void> {
  const pieces = store.pieces(path)[Symbol.asyncIterator]()
  const first = await pieces.next()
  if (first.done === true) return end(response, 404)
  response.writeHead(200, headersFor(type))
  const all = async function* () {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => pieces }
  }
  await pipeline(Readable.from(all(), { objectMode: false }), response)
}

function end(response: ServerResponse, status: number, text = '', type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, headersFor(type)).end(text)
}

/** No page of another site can read or embed an answer, and the token goes nowhere. */
const headersFor = (type: string) => ({
  'Content-Type': type,
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
})
