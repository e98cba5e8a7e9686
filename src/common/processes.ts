import { readFileSync } from 'node:fs'

/** A process of this machine, told from a later one of the same number. */
export interface ProcessId {
  readonly pid: number
  /** When it was started, in ticks since the machine was; 0 where the system does not tell. */
  readonly born: number
}

export const thisProcess: ProcessId = { pid: process.pid, born: statusOf(process.pid)?.born ?? 0 }

/** Whether that very process still runs. */
export function isAlive({ pid, born }: ProcessId): boolean {
  if (pid === process.pid) return born === thisProcess.born
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Another user's process may be looked for, not signalled.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const status = statusOf(pid)
  // Z and X have ended, and wait for their parent to notice.
  return status === undefined || (!/[ZX]/.test(status.state) && (born === 0 || status.born === born))
}

/**
 * Bytes of resident memory of a process, now and at most; zeroes when it has ended, and where there is no /proc to
 * ask (proc(5), status).
 */
export function memoryOf(pid: number | undefined): { readonly now: number; readonly peak: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const bytes = (field: RegExp) => Number(field.exec(status)?.[1] ?? 0) * 1024
    return { now: bytes(/^VmRSS:\s+(\d+) kB/m), peak: bytes(/^VmHWM:\s+(\d+) kB/m) }
  } catch {
    return { now: 0, peak: 0 }
  }
}

/** Fields 3 and 22 of /proc/PID/stat (proc(5)); the second is a name that may hold spaces and brackets. */
function statusOf(pid: number): { readonly state: string; readonly born: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0]!, born: Number(fields[19]) } // of some fifty fields
  } catch {
    return undefined
  }
}
