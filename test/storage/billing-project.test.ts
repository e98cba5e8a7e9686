import { expect, test } from 'vitest'
import { RemoteVideo } from '../../dist/sources/remote-video.js'
import type { ClientOptions } from '../../dist/storage/client.js'
import { StorageFactory } from '../../dist/storage/storage-factory.js'
import { type FaultProxy, startFaultProxy } from '../support/gcs/fault-proxy.js'
import { describeWithEmulator } from '../support/gcs/suite.js'

await describeWithEmulator('a requester-pays bucket', emulator => {
  let made = 0
  const setup = async (access: ClientOptions = {}) => {
    const bucket = await emulator.createBucket(`payer-${process.pid}-${made++}`)
    await bucket.put('raw/game.mp4', 'game')
    const proxy = await startFaultProxy({ target: emulator.url, requesterPays: true })
    const storage = new StorageFactory(`gs://${bucket.name}`, { endpoint: proxy.url, ...access })
    const place = { bucket: bucket.name, path: 'raw/game.mp4' }
    const download = async () =>
      RemoteVideo.download(await storage.client(), place, storage.requests, undefined)
    return { proxy, storage, place, download, [Symbol.asyncDispose]: () => proxy.close() }
  }
  const kindsOf = ({ log }: FaultProxy) => [...new Set(log.map(({ kind }) => kind))].sort()

  test('gets the project to bill with every kind of request', async () => {
    // Otherwise a run would fail at the first kind that was forgotten, perhaps after hours.
    await using part = await setup({ billingProject: 'my-project' })
    const { proxy, storage, place, download } = part
    const store = await storage.open('run')
    try {
      await store.write('a.json', Buffer.from('a'))
      await store.read('a.json')
      await store.create('lease', Buffer.from('1'))
      await store.touch('lease')
      const stream = await store.createStream('b.json')
      await stream.append('b')
      await stream.publish()
      await store.list('')
      await store.remove('lease')
      await storage.findRuns(['acme'], ['run', 'video'], 'manifest.json')
      await using video = await download()
      // The second one finds the copy of the first, and compares its checksum.
      await video.import({ ...place, path: 'copy.mp4' }, 'copy')
      await video.import({ ...place, path: 'copy.mp4' }, 'move')
    } finally {
      await store.close()
    }
    expect(kindsOf(proxy)).toEqual(['copy', 'delete', 'list', 'metadata', 'read', 'write'])
    expect(proxy.log.filter(({ status }) => status === 400)).toEqual([])
  })

  test('without a project to bill, the error has the reason of the service and names the option', async () => {
    // Otherwise a user would copy the game of another organization instead of giving one option.
    await using part = await setup()
    const cure =
      /^Cannot \w+ gs:.*bills the requester.*--billing-project; .*: Bucket is a requester pays bucket .* \(required\)$/
    await expect(part.download()).rejects.toThrow(cure)
    const store = await part.storage.open('run')
    await expect(store.write('a.json', Buffer.from('a'))).rejects.toThrow(cure)
    await expect(store.list('')).rejects.toThrow(cure)
    await store.close()
  })
})
