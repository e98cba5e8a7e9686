import threads from 'node:worker_threads'

/**
 * The buffers that values own and that may move to another thread instead of being copied. Shared memory is
 * seen by every thread as it is; a view of a part of a buffer may not take the rest along; and some memory
 * cannot move at all, as that of native libraries (sharp) from Node 22 on.
 */
export function ownedBuffers(values: readonly unknown[]): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  const visit = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) {
      const { buffer } = value
      const whole = buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength
      if (whole && !isUntransferable(buffer)) found.add(buffer)
    } else if (typeof value === 'object' && value !== null) {
      for (const part of Object.values(value)) visit(part)
    }
  }
  for (const value of values) visit(value)
  return [...found]
}

/** Node 20 cannot tell: there, what cannot move is copied without an error. */
const isUntransferable = (buffer: ArrayBuffer): boolean =>
  'isMarkedAsUntransferable' in threads && threads.isMarkedAsUntransferable(buffer)

/**
 * Makes sure that a value can be sent to another thread: what it owns moves if it can and is copied if it
 * cannot, as memory of WebAssembly, which has no mark. What comes back is all that the other thread will see.
 * @throws DataCloneError for what no thread can be sent, as a function.
 */
export function sendable<T>(value: T): T {
  try {
    return structuredClone(value, { transfer: ownedBuffers([value]) })
  } catch {
    return structuredClone(value)
  }
}

/** What is known of a failure: its message, else its name. DOMExceptions lose both between threads of Node 20. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' && error !== '' ? error : 'no reason given'
  return error.message || error.name
}
