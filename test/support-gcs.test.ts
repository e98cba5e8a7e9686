import { createHash } from 'node:crypto'
import { Storage } from '@google-cloud/storage'
import { afterEach, expect, test } from 'vitest'
import type { Bucket } from './support/gcs/bucket.js'
import type { FaultPlan } from './support/gcs/fault-plan.js'
import { type FaultProxy, startFaultProxy } from './support/gcs/fault-proxy.js'
import type { Fault } from './support/gcs/faults.js'
import { describeWithEmulator } from './support/gcs/suite.js'

let proxy: FaultProxy
afterEach(() => proxy?.close())

await describeWithEmulator('emulator and fault proxy', emulator => {
  let made = 0
  /** A new bucket behind a new proxy. */
  const setup = async (faults: FaultPlan = [], latencyMs = 0): Promise<Bucket> => {
    proxy = await startFaultProxy({ target: emulator.url, faults, latencyMs })
    return emulator.createBucket(`bucket-${made++}`)
  }
  const simple = (bucket: Bucket, object: string, body: string, base = proxy.url) =>
    fetch(
      `${base}/upload/storage/v1/b/${bucket.name}/o?uploadType=media&name=${object}&ifGenerationMatch=0`,
      {
        method: 'POST',
        body,
      },
    )
  const multipart = (bucket: Bucket, object: string, body: string) =>
    fetch(`${proxy.url}/upload/storage/v1/b/${bucket.name}/o?uploadType=multipart&ifGenerationMatch=0`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/related; boundary=edge' },
      body: `--edge\r\ncontent-type: application/json\r\n\r\n${JSON.stringify({ name: object })}\r\n--edge\r\ncontent-type: text/plain\r\n\r\n${body}\r\n--edge--`,
    })
  const session = async (bucket: Bucket, object: string) => {
    const query = `uploadType=resumable&name=${object}&ifGenerationMatch=0`
    const answer = await fetch(`${proxy.url}/upload/storage/v1/b/${bucket.name}/o?${query}`, {
      method: 'POST',
      body: '{}',
    })
    return answer.headers.get('location') ?? ''
  }
  const objectUrl = (bucket: Bucket, object: string) => `${proxy.url}/storage/v1/b/${bucket.name}/o/${object}`
  const download = (bucket: Bucket, object: string) => fetch(`${objectUrl(bucket, object)}?alt=media`)
  const storage = () => new Storage({ apiEndpoint: proxy.url, projectId: 'test' })
  const kinds = () => proxy.log.map(entry => entry.kind)
  const md5 = (bytes: string | Uint8Array) => createHash('md5').update(bytes).digest('base64')

  // Without it, an emulator that lost a write, or reported wrong bytes, would make all other tests meaningless.
  test('objects are read back with names, sizes, checksums and bytes', async () => {
    const bucket = await setup()
    await bucket.put('b/ä x.txt', 'hello', 'text/plain')
    await bucket.put('a', '')
    const [first, second] = await bucket.objects()
    expect(first).toMatchObject({ name: 'a', bytes: 0, writes: 1 })
    expect(second).toMatchObject({
      name: 'b/ä x.txt',
      bytes: 5,
      contentType: 'text/plain',
      md5: md5('hello'),
    })
    expect(second?.crc32c).toBe('mnG7TA==')
    expect(String(await bucket.bytes('b/ä x.txt'))).toBe('hello')
    expect(await bucket.objects('b/')).toHaveLength(1)
  })

  // Without it, overwritten objects could not be detected.
  test('a name written twice is counted twice', async () => {
    const bucket = await setup()
    await bucket.put('twice', 'old')
    await bucket.put('twice', 'new')
    expect(await bucket.objects()).toMatchObject([{ name: 'twice', bytes: 3, writes: 2 }])
  })

  // Without it, a sink that overwrites finished objects would pass.
  test('ifGenerationMatch=0 refuses a second insert, of every kind', async () => {
    const bucket = await setup()
    for (const insert of [
      (object: string) => simple(bucket, object, 'x'),
      (object: string) => multipart(bucket, object, 'x'),
      async (object: string) => fetch(await session(bucket, object), { method: 'PUT', body: 'x' }),
    ]) {
      const object = `once-${made++}`
      expect((await insert(object)).status).toBe(200)
      expect((await insert(object)).status).toBe(412)
    }
    expect((await bucket.objects()).map(({ writes }) => writes)).toEqual([1, 1, 1])
  })

  // Without it, an import that overwrites or deletes an object of another process would pass.
  test('preconditions hold for copies, deletes, patches and reads', async () => {
    const bucket = await setup()
    await bucket.put('from', 'new')
    await bucket.put('to', 'old')
    const rewrite = `${objectUrl(bucket, 'from')}/rewriteTo/b/${bucket.name}/o`
    const status = async (method: string, url: string) => (await fetch(url, { method })).status
    expect(await status('POST', `${rewrite}/to?ifGenerationMatch=0`)).toBe(412)
    expect(await status('POST', `${rewrite}/fresh?ifSourceGenerationMatch=1`)).toBe(412)
    expect(await status('DELETE', `${objectUrl(bucket, 'to')}?ifGenerationMatch=1`)).toBe(412)
    expect(await status('PATCH', `${objectUrl(bucket, 'to')}?ifGenerationMatch=1`)).toBe(412)
    expect(await status('GET', `${objectUrl(bucket, 'to')}?alt=media&ifGenerationMatch=1`)).toBe(412)
    // Of many concurrent inserts, only one may succeed.
    const race = Array.from({ length: 8 }, () => status('POST', `${rewrite}/fresh?ifGenerationMatch=0`))
    expect((await Promise.all(race)).sort()).toEqual([200, ...Array<number>(7).fill(412)])
    const [fresh] = await bucket.objects('fresh')
    expect(fresh?.writes).toBe(1)
    expect(
      await status('DELETE', `${objectUrl(bucket, 'fresh')}?ifGenerationMatch=${fresh?.generation}`),
    ).toBe(200)
  })

  // Without it, a client that follows a session or a media link would bypass the proxy.
  test('URLs in responses of the server point to the proxy, and stored bytes are unchanged', async () => {
    const bucket = await setup()
    const stored = JSON.stringify({ address: emulator.url })
    await bucket.put('x.json', stored, 'application/json')
    expect(await session(bucket, 'y')).toContain(proxy.url)
    const metadata = (await (await fetch(objectUrl(bucket, 'x.json'))).json()) as { mediaLink: string }
    expect(metadata.mediaLink).toContain(proxy.url)
    expect(await (await fetch(metadata.mediaLink)).text()).toBe(stored)
  })

  // Without it, a status query of a broken resumable upload would finish it with half of its bytes.
  test('a status query of a resumable upload returns its progress and does not end it', async () => {
    const bucket = await setup()
    const url = await session(bucket, 'big')
    const put = (range: string, body?: string) =>
      fetch(url, { method: 'PUT', headers: { 'content-range': range }, ...(body && { body }) })
    expect((await put('bytes */*')).status).toBe(308)
    expect((await put('bytes 0-4/10', 'hello')).status).toBe(308)
    const query = await put('bytes */10')
    expect([query.status, query.headers.get('range')]).toEqual([308, 'bytes=0-4'])
    expect(await bucket.objects()).toEqual([])
    expect((await put('bytes 5-9/10', 'world')).status).toBe(200)
    expect(((await (await put('bytes */10')).json()) as { name: string }).name).toBe('big')
    expect(String(await bucket.bytes('big'))).toBe('helloworld')
  })

  // Without it, the limits on operations and bytes would be measured wrongly.
  test('the client needs one request for a small write, one for a download, and none for the bucket', async () => {
    const bucket = await setup()
    const remote = storage().bucket(bucket.name)
    const once = { preconditionOpts: { ifGenerationMatch: 0 } }
    const bytes = Buffer.alloc(5000, 1)
    await remote.file('a').save(bytes, { resumable: false, ...once })
    await remote.file('b').save(bytes, once)
    await remote.file('a').download()
    await remote.file('a').copy(remote.file('c'), once)
    await remote.getFiles()
    await remote.file('b').delete()
    await remote.exists()
    expect(kinds()).toEqual(['write', 'session', 'chunk', 'read', 'copy', 'list', 'delete', 'bucket'])
    expect(proxy.traffic('read')).toEqual({ requests: 1, bytesUp: 0, bytesDown: 5000 })
    expect(proxy.traffic('chunk').bytesUp).toBe(5000)
    expect(proxy.traffic('write').bytesUp).toBeGreaterThan(5000)
    expect(proxy.traffic().requests).toBe(8)
    proxy.forget()
    expect(proxy.traffic()).toEqual({ requests: 0, bytesUp: 0, bytesDown: 0 })
  })

  // Without it, a benchmark of concurrent uploads could not measure the concurrency.
  test('the peak number of concurrent requests is counted', async () => {
    const bucket = await setup([], 100)
    await Promise.all(Array.from({ length: 6 }, (_, i) => simple(bucket, `o${i}`, 'x')))
    await simple(bucket, 'last', 'x')
    expect(proxy.peakInFlight).toBe(6)
  })

  // Without it, a fault could reach the server although it should not, or the other way round.
  test.each<[Fault, committed: boolean]>([
    ['return-503', false],
    ['return-429', false],
    ['return-503-after-256K', false],
    ['return-reset-connection', false],
    ['return-reset-connection-after-commit', true],
    ['stall-always', false],
    ['stall-at-256KiB', false],
    ['stall-after-commit', true],
    ['stall-for-0s-after-64K', true],
    ['return-truncated-body', true],
    ['return-wrong-checksum', true],
  ])(
    '%s on the first write: the object exists afterwards: %s, and the second attempt succeeds',
    async (fault, committed) => {
      const bucket = await setup([{ on: 'write', nth: 1, fault }])
      const body = 'x'.repeat(400_000)
      const caller = new AbortController()
      const first = fetch(
        `${proxy.url}/upload/storage/v1/b/${bucket.name}/o?uploadType=media&name=o&ifGenerationMatch=0`,
        {
          method: 'POST',
          body,
          signal: caller.signal,
        },
      )
      const outcome = first.then(
        answer => answer.status,
        () => 'no answer',
      )
      const stalls = /^stall-(?!for)/.test(fault)
      if (stalls) {
        // A stalled request ends only when its caller aborts it.
        while (proxy.log[0]?.status !== (committed ? 200 : 0)) await new Promise(setImmediate)
        caller.abort()
      }
      const number = /^return-(\d+)/.exec(fault)?.[1]
      expect(await outcome).toBe(
        number ? Number(number) : stalls || fault.includes('reset') ? 'no answer' : 200,
      )
      expect(await bucket.objects()).toHaveLength(committed ? 1 : 0)
      expect((await simple(bucket, 'o', body)).status).toBe(committed ? 412 : 200)
      expect(await bucket.objects()).toMatchObject([{ name: 'o', bytes: 400_000, writes: 1 }])
      expect(proxy.injected).toMatchObject([
        { kind: 'write', object: 'o', fault, status: committed ? 200 : 0 },
      ])
    },
  )

  // Without it, a download that does not check its bytes, length or header would pass.
  test('a download can be broken, truncated, corrupted, with a wrong checksum, or slow', async () => {
    const wanted: Fault[] = [
      'return-broken-stream-after-100K',
      'return-truncated-body',
      'return-corrupted-data',
      'return-wrong-checksum',
      'return-slow-body-50ms',
    ]
    const bucket = await setup(wanted.map((fault, i) => ({ on: 'read', nth: i + 1, fault })))
    const bytes = Buffer.alloc(300_000, 7)
    await bucket.put('v', bytes)
    const [stored] = await bucket.objects()
    const get = async () => {
      const answer = await download(bucket, 'v')
      return { body: Buffer.from(await answer.arrayBuffer()), hash: answer.headers.get('x-goog-hash') ?? '' }
    }
    await expect(get()).rejects.toThrow()
    expect(proxy.log[0]?.bytesDown).toBe(100 * 1024)
    expect((await get()).body).toEqual(bytes.subarray(0, 150_000))
    const corrupted = await get()
    expect(corrupted.body).toHaveLength(300_000)
    expect(corrupted.body.equals(bytes)).toBe(false)
    expect(corrupted.hash).toContain(stored?.crc32c)
    const lied = await get()
    expect(lied.body.equals(bytes)).toBe(true)
    expect(lied.hash).not.toContain(stored?.crc32c)
    expect((await get()).body.equals(bytes)).toBe(true)
    expect((await get()).body.equals(bytes)).toBe(true)
  })

  // Without it, a corrupted upload would break its envelope instead, and be refused for that.
  test('a corrupted upload keeps its length and name and differs in its bytes', async () => {
    const bucket = await setup([{ on: 'write', fault: 'return-corrupted-data' }])
    expect((await multipart(bucket, 'm', 'hello')).status).toBe(200)
    expect((await simple(bucket, 's', 'hello')).status).toBe(200)
    expect(await bucket.objects()).toMatchObject([
      { name: 'm', bytes: 5 },
      { name: 's', bytes: 5 },
    ])
    expect(String(await bucket.bytes('m'))).toBe('helln')
    expect(String(await bucket.bytes('s'))).toBe('helln')
  })

  // Without it, a fault for one object could hit another one.
  test('a script affects only the named objects, at the n-th request or always', async () => {
    const bucket = await setup([
      { on: 'write', object: /^b$/, nth: 2, fault: 'return-500' },
      { on: 'write', object: /^c$/, fault: 'return-429' },
    ])
    const statuses: number[] = []
    for (const name of ['a', 'b', 'a', 'b', 'b', 'c', 'c'])
      statuses.push((await simple(bucket, name, 'x')).status)
    expect(statuses).toEqual([200, 200, 412, 500, 412, 429, 429])
  })

  // Without it, a random run could block one object forever, not be reproducible, or never end.
  test('random faults are bounded, let every object through, and are reproducible by seed', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `o${i}`)
    const run = async (seed: number, order: readonly string[], max = 1000) => {
      const bucket = await setup({ seed, rate: 0.7, max, perObject: 2 })
      for (const name of order) {
        const tries = await Promise.all(
          [0, 1, 2].map(() => simple(bucket, name, name).catch(() => undefined)),
        )
        expect(tries.some(answer => answer?.status === 200 || answer?.status === 412)).toBe(true)
      }
      expect(await bucket.objects()).toHaveLength(40)
      await proxy.close()
      return proxy.injected.map(({ object, fault }) => `${object} ${fault}`).sort()
    }
    const first = await run(7, names)
    expect(first.length).toBeGreaterThan(40)
    expect(await run(7, names.toReversed())).toEqual(first)
    expect(await run(8, names)).not.toEqual(first)
    expect(await run(7, names, 25)).toHaveLength(25)
  })

  // Without it, a misspelled fault would be no fault, and its test would pass.
  test('an unknown fault is refused by name', async () => {
    await expect(
      startFaultProxy({ target: emulator.url, faults: [{ on: 'write', fault: 'return-5' }] }),
    ).rejects.toThrow("received 'return-5'")
  })
})
