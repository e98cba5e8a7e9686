import Table from 'cli-table3'
import type { StepCount } from './runtime/tally.js'
import type { OperationCount, OperationKind } from './storage/requests.js'

/** What each step did, as a table for a terminal. */
export function table(steps: ReadonlyMap<string, Readonly<StepCount>>): string {
  const rows = new Table({
    head: ['step', 'in', 'out', 'seconds', 'dropped'],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  })
  for (const [name, { itemsIn, itemsOut, workMs, dropped }] of steps) {
    const reasons = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`)
    rows.push([name, itemsIn, itemsOut, (workMs / 1000).toFixed(1), reasons.join(', ')])
  }
  return rows.toString()
}

/** What was asked of the storage, in a line; none for a run from disk to disk. */
export function storageLine(storage: ReadonlyMap<OperationKind, Readonly<OperationCount>>): string[] {
  if (storage.size === 0) return []
  const kinds = [...storage].map(([kind, { requests, bytesUp, bytesDown, retries }]) => {
    const bytes = [bytesUp && `${megabytes(bytesUp)} up`, bytesDown && `${megabytes(bytesDown)} down`].filter(
      Boolean,
    )
    const again = Object.entries(retries).map(([cause, count]) => `${count} again for ${cause}`)
    const details = [...bytes, ...again].join(', ')
    return `${requests} ${kind}${details === '' ? '' : ` (${details})`}`
  })
  const total = [...storage.values()].reduce((sum, { requests }) => sum + requests, 0)
  return [`storage: ${total} operations: ${kinds.join(', ')}`]
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
