import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'

interface Attempt {
  /** Sent, and not over. */
  readonly requests: Set<ClientRequest>
  failed: boolean
}

const attempts = new AsyncLocalStorage<Attempt>()

// Published when the last of a request is sent.
subscribe('http.client.request.start', message => {
  const attempt = attempts.getStore()
  if (attempt === undefined) return
  const { request } = message as { request: ClientRequest }
  attempt.requests.add(request)
  request.once('close', () => attempt.requests.delete(request))
  if (attempt.failed) request.destroy()
})

/**
 * What fails leaves no connection open. The client for Cloud Storage gives no hold on its requests, and forgets
 * those that stall: each would keep the process from ending.
 */
export function withoutLeftovers<T>(act: () => Promise<T>): Promise<T> {
  const attempt: Attempt = { requests: new Set(), failed: false }
  return attempts.run(attempt, act).catch(error => {
    attempt.failed = true
    for (const request of attempt.requests) request.destroy()
    throw error
  })
}
