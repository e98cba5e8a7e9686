import type { VideoResult } from './contract.js'
import type { FailureGroup } from './merge-contract.js'

/** Groups failed videos by what went wrong, the largest group first. */
export function groupFailures(failed: readonly VideoResult[]): FailureGroup[] {
  const groups = new Map<string, { exit_code: number; reason: string; ids: string[] }>()
  for (const { id, uri, exit_code, reason = `exit code ${exit_code}` } of failed) {
    const kind = `${exit_code} ${kindOf(reason, uri)}`
    const group = groups.get(kind) ?? { exit_code, reason, ids: [] }
    group.ids.push(id)
    groups.set(kind, group)
  }
  return [...groups.values()].sort((a, b) => b.ids.length - a.ids.length)
}

/** A reason without what names a video: the video itself, other paths, and numbers. */
const kindOf = (reason: string, uri: string): string =>
  reason
    .replaceAll(uri, '…')
    .replace(/'[^']*'/g, '…')
    .replace(/(gs:\/)?\/[^\s:;,)]+/g, '…')
    .replace(/\d+(\.\d+)?/g, 'N')
