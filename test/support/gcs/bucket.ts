/** An object as reported by the server, without client and proxy. */
export interface StoredObject {
  readonly name: string
  readonly bytes: number
  readonly contentType: string
  /** Base64, as in the JSON API. */
  readonly md5: string
  readonly crc32c: string
  readonly generation: string
  /** Number of writes of this name: 1 unless it was overwritten. */
  readonly writes: number
}

export interface Bucket {
  readonly name: string
  /** The live objects, sorted by name. */
  objects(prefix?: string): Promise<StoredObject[]>
  bytes(object: string): Promise<Buffer>
  /** @param encoding of the bytes, which is `gzip` after `gsutil cp -Z`. */
  put(object: string, bytes: Uint8Array | string, contentType?: string, encoding?: string): Promise<void>
}

interface Item {
  readonly name: string
  readonly size: string
  readonly contentType?: string
  readonly md5Hash: string
  readonly crc32c: string
  readonly generation: string
  readonly timeDeleted?: string
}

/** Creates a bucket with versioning, which reveals overwritten objects. */
export async function createBucket(url: string, name: string, versions: boolean): Promise<Bucket> {
  await asked(`${url}/storage/v1/b?project=test`, {
    method: 'POST',
    body: JSON.stringify({ name, versioning: { enabled: versions } }),
  })
  return {
    name,
    async objects(prefix = '') {
      const items = await list(
        `${url}/storage/v1/b/${name}/o?versions=${versions}&prefix=${encodeURIComponent(prefix)}`,
      )
      const writes = new Map<string, number>()
      for (const item of items) writes.set(item.name, (writes.get(item.name) ?? 0) + 1)
      return items
        .filter(item => !item.timeDeleted)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(item => ({
          name: item.name,
          bytes: Number(item.size),
          contentType: item.contentType ?? '',
          md5: item.md5Hash,
          crc32c: item.crc32c,
          generation: item.generation,
          writes: writes.get(item.name) ?? 0,
        }))
    },
    async bytes(object) {
      const answer = await asked(`${url}/storage/v1/b/${name}/o/${encodeURIComponent(object)}?alt=media`)
      return Buffer.from(await answer.arrayBuffer())
    },
    async put(object, bytes, contentType = 'application/octet-stream', encoding = '') {
      const query = new URLSearchParams({ uploadType: 'media', name: object, contentEncoding: encoding })
      await asked(`${url}/upload/storage/v1/b/${name}/o?${query}`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: bytes,
      })
    },
  }
}

async function list(url: string): Promise<Item[]> {
  const items: Item[] = []
  let page = ''
  do {
    const answer = await asked(`${url}&pageToken=${encodeURIComponent(page)}`)
    const listed = (await answer.json()) as { items?: Item[]; nextPageToken?: string }
    items.push(...(listed.items ?? []))
    page = listed.nextPageToken ?? ''
  } while (page)
  return items
}

async function asked(url: string, init?: RequestInit): Promise<Response> {
  const answer = await fetch(url, init)
  if (!answer.ok) throw new Error(`Expected success from ${url} but received ${answer.status}`)
  return answer
}
