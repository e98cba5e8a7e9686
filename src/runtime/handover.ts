import threads from 'node:worker_threads'

/**
 * The buffers of values that can be transferred to another thread instead of copied. Not among them: shared memory,
 * partial views, and memory that cannot be transferred, such as that of native libraries (sharp) since Node 22.
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

/** Always false on Node 20, which copies untransferable memory without an error. */
const isUntransferable = (buffer: ArrayBuffer): boolean =>
  'isMarkedAsUntransferable' in threads && threads.isMarkedAsUntransferable(buffer)

/**
 * Makes a value that can be sent to another thread. Its buffers are transferred, or all copied if one of them cannot
 * be transferred, such as unmarked memory of WebAssembly.
 * @throws DataCloneError for values that cannot be cloned, such as functions.
 */
export function sendable<T>(value: T): T {
  try {
    return structuredClone(value, { transfer: ownedBuffers([value]) })
  } catch {
    return structuredClone(value)
  }
}

/** The message of an error, else its name. A DOMException loses both between threads of Node 20. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' && error !== '' ? error : 'no reason given'
  return error.message || error.name
}

/** Whether it is plain data, which JSON keeps as it is. */
export function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (Array.isArray(value)) return value.every(isJson)
  if (typeof value !== 'object') return false
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value))
  return isPlain && Object.values(value).every(part => part === undefined || isJson(part))
}
