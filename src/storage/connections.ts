import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'

interface OpenRequests {
  /** Sent and not yet closed. */
  readonly requests: Set<ClientRequest>
  failed: boolean
}

const storage = new AsyncLocalStorage<OpenRequests>()

// Node publishes this event once the whole request has been sent.
subscribe('http.client.request.start', message => {
  const open = storage.getStore()
  if (open === undefined) return
  const { request } = message as { request: ClientRequest }
  open.requests.add(request)
  request.once('close', () => open.requests.delete(request))
  if (open.failed) request.destroy()
})

/**
 * Destroys every HTTP request that `act` started and left open if it fails. The Cloud Storage client does not
 * expose its requests and drops its reference to those that stall; each would keep the process alive.
 */
export function closeConnectionsOnFailure<T>(act: () => Promise<T>): Promise<T> {
  const open: OpenRequests = { requests: new Set(), failed: false }
  return storage.run(open, act).catch(error => {
    open.failed = true
    for (const request of open.requests) request.destroy()
    throw error
  })
}
