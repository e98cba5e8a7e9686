import { type Answer, errorAnswer } from './faults.js'
import type { Operation, Place } from './operations.js'

/**
 * Features of the real service that fake-gcs-server 1.56.1 lacks. It ignores preconditions except for inserts, treats
 * a status query of a resumable upload as its end and commits the partial object, forgets finished uploads, and has no
 * requester-pays buckets.
 */
export interface Gaps {
  /** A response instead of forwarding. Requests for one object are serialized until `done`. */
  before(operation: Operation, contentRange?: string): Promise<{ answer?: Answer; done(): void }>
  /** Call it with each response to a chunk. */
  after(operation: Operation, answer: Answer): void
}

const nothingYet: Answer = { status: 308, headers: {}, body: Buffer.alloc(0) }
const conditional = new Set(['copy', 'delete', 'metadata', 'read'])

const noUserProject = errorAnswer(
  400,
  'required',
  'Bucket is a requester pays bucket but no user project provided.',
)

export function gaps(target: string, requesterPays: boolean): Gaps {
  const turns = new Map<string, Promise<void>>()
  const uploads = new Map<string, Answer>()

  const generation = async ({ bucket, object }: Place): Promise<number> => {
    const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(object)}`
    const answer = await fetch(target + path)
    const found = (await answer.json()) as { generation?: string }
    return answer.ok ? Number(found.generation) : 0
  }

  const holds = async (operation: Operation): Promise<boolean> => {
    const conditions = [
      { place: operation, match: 'ifGenerationMatch', differ: 'ifGenerationNotMatch' },
      { place: operation.source, match: 'ifSourceGenerationMatch', differ: 'ifSourceGenerationNotMatch' },
    ]
    for (const { place, match, differ } of conditions) {
      const [equal, unequal] = [operation.query.get(match), operation.query.get(differ)]
      if (!place || (equal === null && unequal === null)) continue
      const now = await generation(place)
      if (equal !== null && Number(equal) !== now) return false
      if (unequal !== null && Number(unequal) === now) return false
    }
    return true
  }

  return {
    async before(operation, contentRange) {
      if (requesterPays && !operation.query.has('userProject')) return { answer: noUserProject, done() {} }
      if (operation.kind === 'chunk') {
        const known = uploads.get(operation.query.get('upload_id') ?? '')
        if (known && known.status !== 308) return { answer: known, done() {} }
        if (contentRange?.startsWith('bytes */')) return { answer: known ?? nothingYet, done() {} }
      }
      const conditioned = [...operation.query.keys()].some(key =>
        /^if(Source)?Generation(Not)?Match$/.test(key),
      )
      if (!conditional.has(operation.kind) || !conditioned) return { done() {} }
      const key = `${operation.bucket}/${operation.object}`
      let done = () => {}
      const earlier = turns.get(key)
      const turn = new Promise<void>(resolve => {
        done = () => {
          resolve()
          if (turns.get(key) === turn) turns.delete(key)
        }
      })
      turns.set(key, turn)
      await earlier
      try {
        return (await holds(operation)) ? { done } : { answer: errorAnswer(412, 'conditionNotMet'), done }
      } catch (error) {
        done()
        throw error
      }
    },
    after(operation, answer) {
      const id = operation.query.get('upload_id')
      if (!id || answer.status >= 400) return
      const { range } = answer.headers
      uploads.set(id, answer.status === 308 ? { ...nothingYet, headers: { range } } : answer)
    },
  }
}
