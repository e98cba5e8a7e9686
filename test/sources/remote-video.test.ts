import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { RemoteVideo } from '../../dist/sources/remote-video.js'
import { openStorage } from '../../dist/storage/client.js'
import { Requests, requestDefaults } from '../../dist/storage/requests.js'
import { type FaultProxyOptions, startFaultProxy } from '../support/gcs/fault-proxy.js'
import { describeWithEmulator } from '../support/gcs/suite.js'

const content = randomBytes(1 << 20)
const stored = gzipSync(content)
const temporary = async () => (await readdir(tmpdir())).filter(name => name.includes(`-${process.pid}-`))

await describeWithEmulator('a video with Content-Encoding: gzip', emulator => {
  let made = 0
  const put = async (bytes: Uint8Array) => {
    const bucket = await emulator.createBucket(`gzip-${process.pid}-${made++}`)
    await bucket.put('game.mp4', bytes, 'video/mp4', 'gzip')
    return { bucket: bucket.name, path: 'game.mp4' }
  }
  const download = async (bytes: Uint8Array, endpoint = emulator.url) => {
    const requests = new Requests({ ...requestDefaults, firstDelayMs: 1, stallMs: 1000 })
    return RemoteVideo.download(openStorage({ endpoint }), await put(bytes), requests, undefined)
  }

  test.each<[string, FaultProxyOptions['faults']]>([
    ['in one request', []],
    ['after a broken connection', [{ on: 'read', nth: 1, fault: 'return-broken-stream-after-256K' }]],
    ['after damaged bytes', [{ on: 'read', nth: 1, fault: 'return-corrupted-data' }]],
  ])('is decompressed %s, and nothing else is left on the disk', async (_, faults) => {
    // Otherwise ffmpeg would get bytes that are no video, or half of a video from a decompressing server.
    await using proxy = await startFaultProxy({ target: emulator.url, ...(faults && { faults }) })
    await using video = await download(stored, proxy.url)
    expect((await readFile(video.path)).equals(content)).toBe(true)
    expect(await readdir(dirname(video.path))).toEqual(['video.mp4'])
  })

  test('continues a broken download in the middle of the stored bytes', async () => {
    // Otherwise a long game would be downloaded from its start after each broken connection.
    await using proxy = await startFaultProxy({
      target: emulator.url,
      faults: [{ on: 'read', nth: 1, fault: 'return-broken-stream-after-512K' }],
    })
    await using _video = await download(stored, proxy.url)
    expect(proxy.log.at(-1)?.status).toBe(206)
    expect(proxy.traffic('read').bytesDown).toBeLessThan(1.5 * stored.length)
  })

  test('is read as it is when its bytes are not gzip', async () => {
    // Otherwise a video with a wrong label, which other programs can read, would be refused.
    await using video = await download(content)
    expect((await readFile(video.path)).equals(content)).toBe(true)
  })

  test.each<[string, Uint8Array, RegExp]>([
    [
      'ends early',
      stored.subarray(0, stored.length / 2),
      /its gzip data is damaged: unexpected end of file$/,
    ],
    ['is a decompression bomb', gzipSync(Buffer.alloc(1 << 24)), /becomes more than 100 times as large/],
  ])('is refused when it %s, and nothing is left on the disk', async (_, bytes, message) => {
    // Otherwise a part of a game would look like a whole one, or a small object would fill the disk.
    const before = await temporary()
    await expect(download(bytes)).rejects.toThrow(message)
    expect(await temporary()).toEqual(before)
  })

  test('is refused at once when a proxy has it decompressed', async () => {
    // Otherwise it would be downloaded again and again until the deadline, for a checksum that cannot match.
    let requests = 0
    const proxy = http.createServer((request, response) => {
      requests++
      const { 'accept-encoding': _, ...headers } = request.headers
      http.get(emulator.url + request.url, { headers }, answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
    })
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    try {
      const { port } = proxy.address() as AddressInfo
      await expect(download(stored, `http://127.0.0.1:${port}`)).rejects.toThrow(
        /game\.mp4: it is stored as gzip and was decompressed on the way/,
      )
      expect(requests).toBe(1)
    } finally {
      proxy.closeAllConnections()
      proxy.close()
    }
  })
})
