import { expect, test } from 'vitest'
import { UploadWindow } from '../../dist/storage/upload-window.js'

/** Uploads that end when they are told to. */
class Uploads {
  readonly #ends: (() => void)[] = []
  started = 0

  readonly upload = () => {
    this.started++
    return new Promise<void>(resolve => this.#ends.push(resolve))
  }

  /** Ends the oldest that is under way, and lets everything that follows from it happen. */
  async end(): Promise<void> {
    this.#ends.shift()?.()
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('no more go at once than the window allows', async () => {
  // Otherwise a bucket would be flooded, or the sockets of this machine used up.
  const [window, uploads] = [new UploadWindow({ parallel: 3, waitingBytes: 1000 }), new Uploads()]
  for (let i = 0; i < 10; i++) await window.add(1, uploads.upload)
  expect(uploads.started).toBe(3)
  await uploads.end()
  expect(uploads.started).toBe(4)
  const flushed = window.flush()
  for (let i = 0; i < 9; i++) await uploads.end()
  await flushed
  expect(uploads.started).toBe(10)
})

test('what waits is bounded in bytes, and who adds is held back', async () => {
  // Otherwise a slow bucket would fill the memory of this machine.
  const [window, uploads] = [new UploadWindow({ parallel: 1, waitingBytes: 100 }), new Uploads()]
  await window.add(60, uploads.upload)
  await window.add(40, uploads.upload)
  let admitted = false
  const third = window.add(60, uploads.upload).then(() => {
    admitted = true
  })
  await uploads.end()
  expect(admitted).toBe(true)
  await third
  expect(window.mostBytes).toBe(100)
})

test('one that is larger than the bound goes alone', async () => {
  // Otherwise a large shard would wait for ever.
  const [window, uploads] = [new UploadWindow({ parallel: 2, waitingBytes: 100 }), new Uploads()]
  await window.add(500, uploads.upload)
  expect(uploads.started).toBe(1)
})

test('it halves once a round when the storage asks for less, and recovers', async () => {
  // Otherwise a busy bucket would be asked ever more often, or never again as fast as it can.
  const [window, uploads] = [new UploadWindow({ parallel: 8, waitingBytes: 1e6 }), new Uploads()]
  window.throttle()
  window.throttle()
  expect(window.limit).toBe(4)
  for (let i = 0; i < 60; i++) await window.add(1, uploads.upload)
  for (let i = 0; i < 60; i++) await uploads.end()
  expect(window.limit).toBe(8)
})

test('a failure is told to whoever adds or flushes, and nothing more is sent', async () => {
  // Otherwise a dataset with a hole would be published.
  const [window, uploads] = [new UploadWindow({ parallel: 1, waitingBytes: 1e6 }), new Uploads()]
  await window.add(1, () => Promise.reject(new Error('refused')))
  await window.add(1, uploads.upload).catch(() => {})
  await expect(window.flush()).rejects.toThrow('refused')
  await expect(window.add(1, uploads.upload)).rejects.toThrow('refused')
  expect(uploads.started).toBe(0)
})

test('the wait for the last uploads counts as waiting', async () => {
  // Otherwise a run that only waits for its storage at the end would be told to buy cores.
  const [window, uploads] = [new UploadWindow({ parallel: 1, waitingBytes: 100 }), new Uploads()]
  await window.add(60, uploads.upload)
  expect(window.waitedMs).toBe(0)
  const flushed = window.flush()
  await uploads.end()
  await flushed
  expect(window.waitedMs).toBeGreaterThan(0)
})
