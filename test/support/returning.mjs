import { Buffer } from 'node:buffer'
import { markAsUntransferable } from 'node:worker_threads'
import sharp from 'sharp'

// An operator for tests of the runtime, in plain JavaScript because workers load it without a build: returns the bytes
// 1, 2, 3, 4 in some kind of memory, or a value that cannot be sent to another thread.
const bytes = [1, 2, 3, 4]
const inside = (length, at) => {
  const memory = new Uint8Array(length)
  memory.set(bytes, at)
  return memory
}

const kinds = {
  plain: () => Uint8Array.from(bytes),
  view: () => inside(100, 40).subarray(40, 44),
  pooled: () => Buffer.from(bytes),
  shared: () => {
    const memory = new Uint8Array(new SharedArrayBuffer(4))
    memory.set(bytes)
    return memory
  },
  marked: () => {
    const memory = Uint8Array.from(bytes)
    markAsUntransferable(memory.buffer)
    return memory
  },
  wasm: () => {
    const memory = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer)
    memory.set(bytes)
    return memory
  },
  native: () =>
    sharp(Uint8Array.from(bytes), { raw: { width: 1, height: 1, channels: 4 } })
      .raw()
      .toBuffer(),
  function: () => () => {},
  promise: () => ({ later: Promise.resolve(1) }),
}

export const returning = {
  operator: 'returning',
  step:
    ({ kind }) =>
    async ({ index }) => {
      const memory = await kinds[kind]()
      return [{ index, memory, nested: [{ memory }] }]
    },
}
