import { readFileSync, readlinkSync } from 'node:fs'

/** Identifies a process of this machine, also after its pid was reused. */
export interface ProcessId {
  readonly pid: number
  /** Start time in clock ticks since boot; 0 on a system without /proc. */
  readonly born: number
}

export const thisProcess: ProcessId = { pid: process.pid, born: statusOf(process.pid)?.born ?? 0 }

/**
 * Identifies a machine since its start, and the namespace of its process ids: only within it do equal ids mean the
 * same process. Two containers may share a host name, and a machine many containers. Undefined without /proc.
 */
export const thisMachine: string | undefined = machineId()

function machineId(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return undefined
  }
}

/** Whether the process still runs; a later process with the same pid does not count. */
export function isAlive({ pid, born }: ProcessId): boolean {
  if (pid === process.pid) return born === thisProcess.born
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: the process exists but belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const status = statusOf(pid)
  // Z (zombie) and X (dead) have ended and wait to be reaped.
  return status === undefined || (!/[ZX]/.test(status.state) && (born === 0 || status.born === born))
}

/**
 * Resident memory of a process in bytes, current and peak, from /proc/PID/status (proc(5)); zeros when the process has
 * ended and on a system without /proc.
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

/** Linux counts CPU time in this unit for programs, whatever the kernel's own clock is. */
const ticksPerSecond = 100

/**
 * User and system time of a process and of its children that have ended, in seconds; 0 when it has ended and on a
 * system without /proc.
 */
export const cpuSecondsOf = (pid: number | undefined): number =>
  (pid === undefined ? 0 : (statusOf(pid)?.ticks ?? 0)) / ticksPerSecond

interface Status {
  readonly state: string
  /** CPU time of the process and of its children that have ended. */
  readonly ticks: number
  readonly born: number
}

/** Fields 3, 14 to 17 and 22 of /proc/PID/stat (proc(5)). Field 2 is a name that may contain spaces and parentheses. */
function statusOf(pid: number): Status | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return { state: fields[0]!, ticks, born: Number(fields[19]) }
  } catch {
    return undefined
  }
}
