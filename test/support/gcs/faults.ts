import { setTimeout as delay } from 'node:timers/promises'
import { expected } from '../../../dist/common/errors.js'
import type { Operation } from './operations.js'

/**
 * Faults of one request, with the names of the storage testbench (https://github.com/googleapis/storage-testbench,
 * "Forced Failures Supported"), where K is KiB. A truncated upload does not reach the server at all. An amount larger
 * than the body means its end.
 *
 * Additional names:
 * - `return-reset-connection-after-commit`, `stall-after-commit`: committed, but the client does not know.
 * - `return-truncated-body`: the response ends early but cleanly, with a matching content-length.
 * - `return-wrong-checksum`: correct bytes, wrong crc32c in headers and JSON.
 * - `return-slow-body-Tms`: the response arrives in 16 pieces over T ms.
 */
export type Fault =
  | `return-${number}`
  | `return-${number}-after-${number}K`
  | 'return-reset-connection'
  | 'return-reset-connection-after-commit'
  | 'return-broken-stream'
  | `return-broken-stream-after-${number}K`
  | `return-broken-stream-final-chunk-after-${number}B`
  | 'return-truncated-body'
  | 'return-corrupted-data'
  | 'return-wrong-checksum'
  | `return-slow-body-${number}ms`
  | 'stall-always'
  | 'stall-after-commit'
  | `stall-at-${number}KiB`
  | `stall-for-${number}s-after-${number}K`

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** One request, handled by a fault. Without a response, it stalls. */
export interface Exchange {
  readonly operation: Operation
  readonly contentType: string
  /** Reads the next bytes of the upload; without a limit, all of them. */
  read(limit?: number): Promise<Buffer>
  /** Forwards the request to the server and returns the response to the fault. */
  forward(body: Buffer): Promise<Answer>
  /** Sends the head, and the body or its first bytes. */
  begin(answer: Answer, bytes?: number): Promise<void>
  send(bytes: Buffer): Promise<void>
  end(): void
  /** Closes the connection; sent data arrives. */
  hangUp(): void
  /** Resets the connection; sent data may be lost. */
  reset(): void
}

type Inject = (exchange: Exchange, ...amounts: number[]) => Promise<void>
type Applies = (operation: Operation) => boolean

const any: Applies = () => true
const uploads: Applies = ({ kind }) => kind === 'write' || kind === 'chunk'
const downloads: Applies = ({ kind }) => kind === 'read'
const media: Applies = operation => uploads(operation) || downloads(operation)
/** The response to a delete has no body that could be truncated or wrong. */
const answers: Applies = ({ kind }) => kind !== 'delete'
const checksums: Applies = ({ kind }) => ['write', 'chunk', 'read', 'copy', 'metadata'].includes(kind)

const faults: readonly [pattern: RegExp, applies: Applies, inject: Inject][] = [
  [/^return-(\d{3})$/, any, refuse],
  [/^return-(\d{3})-after-(\d+)K$/, uploads, (exchange, status, k) => refuse(exchange, status, KiB(k))],
  [/^return-reset-connection$/, any, async exchange => exchange.reset()],
  [
    /^return-reset-connection-after-commit$/,
    any,
    async exchange => {
      await committed(exchange)
      exchange.reset()
    },
  ],
  [
    /^return-broken-stream(?:-after-(\d+)K)?$/,
    downloads,
    async (exchange, k) => {
      const answer = await committed(exchange)
      await exchange.begin(answer, k === undefined ? Math.min(1024, answer.body.length >> 1) : KiB(k))
      exchange.hangUp()
    },
  ],
  [
    /^return-broken-stream-final-chunk-after-(\d+)B$/,
    ({ kind }) => kind === 'chunk',
    async (exchange, bytes) => {
      await exchange.read(bytes)
      exchange.reset()
    },
  ],
  [
    /^return-truncated-body$/,
    answers,
    async exchange => {
      const answer = await committed(exchange)
      await whole(exchange, { ...answer, body: answer.body.subarray(0, answer.body.length >> 1) })
    },
  ],
  [/^return-corrupted-data$/, media, corrupt],
  [
    /^return-wrong-checksum$/,
    checksums,
    async exchange => whole(exchange, withWrongChecksum(await committed(exchange))),
  ],
  [/^return-slow-body-(\d+)ms$/, answers, slowly],
  [/^stall-always$/, any, async () => {}],
  [/^stall-after-commit$/, any, async exchange => void (await committed(exchange))],
  [/^stall-at-(\d+)KiB$/, media, stallAt],
  [/^stall-for-(\d+)s-after-(\d+)K$/, media, stallFor],
]

const find = (fault: Fault) => {
  for (const [pattern, applies, inject] of faults) {
    const found = pattern.exec(fault)
    if (!found) continue
    const amounts = found
      .slice(1)
      .filter(amount => amount !== undefined)
      .map(Number)
    return { applies, inject: (exchange: Exchange) => inject(exchange, ...amounts) }
  }
  throw new TypeError(expected('a name of the testbench vocabulary', 'fault', fault))
}

export const check = (fault: Fault): void => void find(fault)

/** Whether the fault applies to requests of this kind. */
export const appliesTo = (fault: Fault, operation: Operation): boolean => find(fault).applies(operation)

export const inject = (fault: Fault, exchange: Exchange): Promise<void> => find(fault).inject(exchange)

const KiB = (k = 0) => k * 1024

const committed = async (exchange: Exchange) => exchange.forward(await exchange.read())

async function whole(exchange: Exchange, answer: Answer): Promise<void> {
  await exchange.begin({
    ...answer,
    headers: { ...answer.headers, 'content-length': `${answer.body.length}` },
  })
  exchange.end()
}

/** An artificial response in the format of the server. */
export function errorAnswer(status: number, reason: string, message = reason): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: Buffer.from(JSON.stringify({ error: { code: status, message, errors: [{ message, reason }] } })),
  }
}

async function refuse(exchange: Exchange, status = 503, limit?: number): Promise<void> {
  await exchange.read(limit)
  await whole(exchange, errorAnswer(status, 'injected'))
  // Read and discard the rest of the upload, so that the client reads the response.
  await exchange.read()
}

async function corrupt(exchange: Exchange): Promise<void> {
  const body = await exchange.read()
  if (downloads(exchange.operation)) {
    const answer = await exchange.forward(body)
    return whole(exchange, { ...answer, body: flipped(answer.body, answer.body.length >> 1) })
  }
  // The last byte of the media: in a multipart body, the one before the closing delimiter.
  const boundary = /boundary="?([^";]+)"?/.exec(exchange.contentType)?.[1]
  const end = boundary === undefined ? body.length : body.lastIndexOf(`\r\n--${boundary}--`)
  await whole(exchange, await exchange.forward(flipped(body, end - 1)))
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  if (at in copy) copy[at]! ^= 1
  return copy
}

function withWrongChecksum({ status, headers, body }: Answer): Answer {
  // Two values, so that at least one differs from the correct one.
  const lie = (text: string) => (text.includes('AAAAAA==') ? 'AAAAAQ==' : 'AAAAAA==')
  const hash = String(headers['x-goog-hash'] ?? '')
  const json = /json/.test(String(headers['content-type'])) && !hash
  return {
    status,
    headers: {
      ...headers,
      ...(hash && { 'x-goog-hash': hash.replace(/crc32c=[\w+/=]{8}/, `crc32c=${lie(hash)}`) }),
    },
    body: json
      ? Buffer.from(body.toString().replace(/("crc32c":\s*")([^"]+)/g, (_, key, value) => key + lie(value)))
      : body,
  }
}

async function slowly(exchange: Exchange, ms = 0): Promise<void> {
  const answer = await committed(exchange)
  const piece = Math.ceil(answer.body.length / 16)
  await exchange.begin(answer, 0)
  for (let at = 0; at < answer.body.length; at += piece) {
    await delay(ms / 16)
    await exchange.send(answer.body.subarray(at, at + piece))
  }
  exchange.end()
}

async function stallAt(exchange: Exchange, k?: number): Promise<void> {
  if (downloads(exchange.operation)) await exchange.begin(await committed(exchange), KiB(k))
  else await exchange.read(KiB(k))
}

async function stallFor(exchange: Exchange, seconds = 0, k?: number): Promise<void> {
  if (downloads(exchange.operation)) {
    const answer = await committed(exchange)
    await exchange.begin(answer, KiB(k))
    await delay(seconds * 1000)
    await exchange.send(answer.body.subarray(KiB(k)))
    return exchange.end()
  }
  const head = await exchange.read(KiB(k))
  await delay(seconds * 1000)
  await whole(exchange, await exchange.forward(Buffer.concat([head, await exchange.read()])))
}
