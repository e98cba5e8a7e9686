import type { IncomingMessage } from 'node:http'

/**
 * Kind of a request. A resumable upload is a `session` and its `chunk`s; `write` is an insert in one request (multipart
 * or simple); `copy` is rewriteTo, copyTo and compose; `metadata` is get, patch and update of an object without its
 * bytes; `list` is one page of objects.
 */
export type Kind =
  | 'write'
  | 'session'
  | 'chunk'
  | 'read'
  | 'copy'
  | 'delete'
  | 'list'
  | 'metadata'
  | 'bucket'
  | 'batch'
  | 'other'

export interface Place {
  readonly bucket: string
  readonly object: string
}

/** Bucket and object that are written, read or deleted; of a copy, the destination; empty if there is none. */
export interface Operation extends Place {
  readonly kind: Kind
  /** Source of a rewrite or copy. */
  readonly source?: Place
  readonly query: URLSearchParams
}

type Naming = (method: string, query: URLSearchParams) => Kind
const always =
  (kind: Kind): Naming =>
  () =>
    kind
const upload: Naming = (method, query) => {
  if (query.has('upload_id')) return method === 'DELETE' ? 'other' : 'chunk'
  return query.get('uploadType') === 'resumable' ? 'session' : 'write'
}
const download: Naming = method => (method === 'GET' ? 'read' : 'metadata')
const object: Naming = (method, query) => {
  if (method === 'DELETE') return 'delete'
  return query.get('alt') === 'media' ? download(method, query) : 'metadata'
}

const place = '/b/(?<bucket>[^/]+)/o/(?<object>[^/]+)'
const copied = '/b/(?<fromBucket>[^/]+)/o/(?<fromObject>[^/]+)/(?:rewriteTo|copyTo)'
/** Paths of the JSON API. Object names arrive with their slashes escaped. */
const paths: readonly [RegExp, Naming][] = [
  [/^\/upload\/storage\/v1\/b\/(?<bucket>[^/]+)\/o\/?$/, upload],
  [new RegExp(`^/storage/v1${copied}${place}$`), always('copy')],
  [new RegExp(`^/storage/v1${place}/compose$`), always('copy')],
  [new RegExp(`^/storage/v1${place}$`), object],
  [new RegExp(`^/download/storage/v1${place}$`), download],
  [/^\/storage\/v1\/b\/(?<bucket>[^/]+)\/o\/?$/, always('list')],
  [/^\/storage\/v1\/b(\/(?<bucket>[^/]+))?\/?$/, always('bucket')],
  [/^\/batch\//, always('batch')],
]

export function operationOf({ method = 'GET', url = '/' }: IncomingMessage): Operation {
  const { pathname, searchParams: query } = new URL(url, 'http://server')
  for (const [pattern, name] of paths) {
    const found = pattern.exec(pathname)
    if (!found) continue
    const part = (group: string) => decodeURIComponent(found.groups?.[group] ?? '')
    const from = { bucket: part('fromBucket'), object: part('fromObject') }
    return {
      kind: name(method, query),
      bucket: part('bucket'),
      object: part('object') || (query.get('name') ?? ''),
      ...(from.object && { source: from }),
      query,
    }
  }
  return { kind: 'other', bucket: '', object: '', query }
}
