import { expect, test } from 'vitest'
import { UploadWindow } from '../../dist/storage/upload-window.js'

/** Uploads that end on request. */
class Uploads {
  readonly #ends: (() => void)[] = []
  started = 0

  readonly upload = () => {
    this.started++
    return new Promise<void>(resolve => this.#ends.push(resolve))
  }

  /** Ends the oldest running upload, and waits for the consequences. */
  async end(): Promise<void> {
    this.#ends.shift()?.()
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('the number of concurrent uploads is limited', async () => {
  // Otherwise a bucket would be overloaded, or this machine would run out of sockets.
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

test('the waiting bytes are limited, and `add` waits', async () => {
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

test('an upload larger than the limit is sent alone', async () => {
  // Otherwise a large shard would wait forever.
  const [window, uploads] = [new UploadWindow({ parallel: 2, waitingBytes: 100 }), new Uploads()]
  await window.add(500, uploads.upload)
  expect(uploads.started).toBe(1)
})

test('the window is halved once per round when the storage throttles, and recovers', async () => {
  // Otherwise an overloaded bucket would get even more requests, or the rate would stay low forever.
  const [window, uploads] = [new UploadWindow({ parallel: 8, waitingBytes: 1e6 }), new Uploads()]
  window.throttle()
  window.throttle()
  expect(window.limit).toBe(4)
  for (let i = 0; i < 60; i++) await window.add(1, uploads.upload)
  for (let i = 0; i < 60; i++) await uploads.end()
  expect(window.limit).toBe(8)
})

test('after a failure, `add` and `flush` reject, and nothing more is sent', async () => {
  // Otherwise an incomplete dataset would be published.
  const [window, uploads] = [new UploadWindow({ parallel: 1, waitingBytes: 1e6 }), new Uploads()]
  await window.add(1, () => Promise.reject(new Error('refused')))
  await window.add(1, uploads.upload).catch(() => {})
  await expect(window.flush()).rejects.toThrow('refused')
  await expect(window.add(1, uploads.upload)).rejects.toThrow('refused')
  expect(uploads.started).toBe(0)
})

test('the wait for the last uploads counts as waiting', async () => {
  // Otherwise the advice for a run that waits for its storage at the end would be more cores.
  const [window, uploads] = [new UploadWindow({ parallel: 1, waitingBytes: 100 }), new Uploads()]
  await window.add(60, uploads.upload)
  expect(window.waitedMs).toBe(0)
  const flushed = window.flush()
  await uploads.end()
  await flushed
  expect(window.waitedMs).toBeGreaterThan(0)
})
