import { expect, test } from 'vitest'
import { openStorage } from '../../dist/storage/client.js'
import { listFiles } from '../../dist/storage/list-files.js'
import { StorageFactory } from '../../dist/storage/storage-factory.js'
import { describeWithEmulator } from '../support/gcs/suite.js'

await describeWithEmulator('a listing', emulator => {
  test('requests page by page until the last', async () => {
    // Otherwise objects after the first page would be missing, or a large bucket would time out as one request.
    const { name, put } = await emulator.createBucket(`pages-${process.pid}`)
    const paths = ['a/1', 'a/2', 'a/3', 'a/4', 'a/5']
    for (const path of [...paths, 'b/6']) await put(path, path)
    const bucket = openStorage({ endpoint: emulator.url }).bucket(name)
    let requests = 0
    const files = listFiles(bucket, { prefix: 'a/', maxResults: 2 }, send => {
      requests++
      return send()
    })
    const found: string[] = []
    for await (const file of files) found.push(file.name)
    expect(found).toEqual(paths)
    expect(requests).toBe(3)
  })

  test('of a whole bucket has all objects', async () => {
    // Otherwise a bucket of games or runs would seem empty, unless they are below a prefix.
    const { name, put } = await emulator.createBucket(`whole-${process.pid}`)
    await put('a.json', 'a')
    await put('b/c.json', 'bc')
    const store = await new StorageFactory('out', { endpoint: emulator.url }).at(`gs://${name}`, 'x')
    expect((await store.list('')).map(({ path, bytes }) => [path, bytes])).toEqual([
      ['a.json', 1],
      ['b/c.json', 2],
    ])
    expect((await store.read('b/c.json'))?.toString()).toBe('bc')
    expect(store.root).toBe(`gs://${name}`)
  })
})
