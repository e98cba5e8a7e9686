import Table from 'cli-table3'
import type { StepCount } from './runtime/tally.js'

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
