import type { Slots } from '../runtime/slots.js'
import type { SourceItem } from '../runtime/source.js'
import type { FrameOrigin } from '../types.js'
import type { FrameSource } from './frame-source.js'

/**
 * A source that is already reading its first value, while the graph is not yet built.
 * @param slots those of the run.
 */
export function readAhead<T, O extends FrameOrigin>(source: FrameSource<T, O>, slots: Slots) {
  const stop = new AbortController()
  const values = source.read(slots, stop.signal)[Symbol.asyncIterator]()
  const first = values.next()
  // Reported where the value is read.
  first.catch(() => {})
  async function* read(_: Slots, signal: AbortSignal): AsyncGenerator<SourceItem<T, O>> {
    const abort = () => stop.abort(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    try {
      for (let next = await first; !next.done; next = await values.next()) yield next.value
    } finally {
      signal.removeEventListener('abort', abort)
      await values.return?.()
    }
  }
  return {
    frames: { ...source, read } satisfies FrameSource<T, O>,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await first.catch(() => {})
      await values.return?.()
    },
  }
}
