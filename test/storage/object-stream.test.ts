import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Folder } from '../../dist/storage/folder.js'
import { StorageFactory } from '../../dist/storage/storage-factory.js'
import { startFaultProxy } from '../support/gcs/fault-proxy.js'
import { describeWithEmulator } from '../support/gcs/suite.js'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const piece = (n: number) => Buffer.alloc(1 << 16, `piece ${n} `)

test('text and bytes keep their order', async () => {
  // Otherwise buffered data would come after unbuffered data, and the file be corrupt.
  const parent = await mkdtemp(join(tmpdir(), 'cropstream-'))
  const folder = await Folder.open(join(parent, 'run'))
  const growing = await folder.createStream('a.bin')
  const reused = new Uint8Array([1, 2, 3])
  await growing.append('ä')
  await growing.append(reused)
  reused.fill(9)
  await growing.append('b')
  const object = await growing.publish()
  const bytes = await readFile(join(folder.root, 'a.bin'))
  expect(bytes).toEqual(Buffer.from([0xc3, 0xa4, 1, 2, 3, 0x62]))
  expect(object).toEqual({ path: 'a.bin', bytes: 6, sha256: sha256(bytes) })
  await rm(parent, { recursive: true })
})

await describeWithEmulator('an object that grows to some megabytes', emulator => {
  const scratch = async () =>
    (await readdir(tmpdir())).filter(name => name.includes(`-${process.pid}-`)).sort()

  test('arrives complete and once, however often its upload breaks', async () => {
    // Otherwise a retry would send only the rest of the file, or send it twice.
    const bucket = await emulator.createBucket(`growing-${process.pid}`)
    await using proxy = await startFaultProxy({
      target: emulator.url,
      faults: [
        { on: 'write', nth: 1, fault: 'return-503-after-1024K' },
        { on: 'write', nth: 2, fault: 'stall-at-512KiB' },
        { on: 'write', nth: 3, fault: 'return-reset-connection-after-commit' },
      ],
    })
    const before = await scratch()
    const storage = new StorageFactory(`gs://${bucket.name}`, { endpoint: proxy.url }, { stallMs: 300 })
    const store = await storage.open('run')
    const growing = await store.createStream('preview.mp4')
    for (let n = 0; n < 64; n++) await growing.append(piece(n))
    const object = await growing.publish()
    await store.close()
    const stored = await bucket.bytes('run/preview.mp4')
    expect([stored.length, sha256(stored)]).toEqual([object.bytes, object.sha256])
    expect(object.bytes).toBe(4 << 20)
    expect(await bucket.objects()).toMatchObject([
      { name: 'run/preview.mp4', writes: 1, contentType: 'video/mp4' },
    ])
    expect(proxy.traffic('write').requests).toBe(4)
    expect(await scratch()).toEqual(before)
  })
})
