import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ffmpegChildren } from '../clips.js'
import type { Answer, Task } from './reader.js'

/** Timeout for a hang, far longer than needed for any of the small videos. */
const limitMs = 60_000

/** Two slots of the largest accepted frame, plus the program. */
export const readerBytes = 1 << 30

/** The largest accepted frame, for all reference pictures and threads of a decoder. */
export const ffmpegBytes = 3 * 2 ** 30

/** The outcome of one video. */
export interface Verdict {
  /** `read`, or the class of the error. */
  readonly outcome: string
  readonly message: string
  readonly framesRead: number
  readonly ms: number
  /** Peak memory of the reader and of the largest ffmpeg or ffprobe, where available. */
  readonly peakBytes: { readonly reader: number; readonly ffmpeg: number }
  /** A violation: something that must never happen. */
  readonly violation?: string
}

/** A reader in a separate process, monitored for time, memory and leftovers. */
export class WatchedReader implements Disposable {
  #child: ChildProcess | undefined

  async read(task: Task): Promise<Verdict> {
    this.#child ??= fork(fileURLToPath(new URL('./reader.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const child = this.#child
    const began = performance.now()
    using peak = watchMemory(child.pid!)
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), limitMs)
    try {
      child.send(task)
      const answer = once(child, 'message', { signal: late.signal }).then(([value]) => value as Answer)
      const died = once(child, 'exit', { signal: late.signal }).then(([code, signal]) => {
        throw new Error(`the reader died: ${signal ?? code}`)
      })
      died.catch(() => {})
      const { framesRead, error } = await Promise.race([answer, died])
      const left = await ffmpegChildren(child.pid)
      const ms = performance.now() - began
      const verdict = {
        outcome: error?.class ?? 'read',
        message: error?.message ?? '',
        ...{ framesRead, ms, peakBytes: { reader: peak.reader, ffmpeg: peak.ffmpeg } },
      }
      const violation = violationOf(verdict, error?.stack, left)
      return { ...verdict, ...(violation !== undefined && { violation }) }
    } catch (error) {
      const ms = performance.now() - began
      const violation = late.signal.aborted ? `a hang, over ${limitMs} ms` : (error as Error).message
      this[Symbol.dispose]()
      return { outcome: 'none', message: '', framesRead: 0, ms, peakBytes: peak, violation }
    } finally {
      clearTimeout(timer)
      late.abort()
    }
  }

  [Symbol.dispose](): void {
    this.#child?.kill('SIGKILL')
    this.#child = undefined
  }
}

function violationOf(verdict: Verdict, stack: string | undefined, left: number[]): string | undefined {
  const { outcome, message, peakBytes } = verdict
  if (outcome !== 'read' && outcome !== 'InputError') return `a defect: ${stack ?? message}`
  if (outcome !== 'read' && !/^[^\n]{20,600}$/.test(message)) return `no clear line: ${message}`
  if (left.length > 0) return `${left.length} orphans`
  if (peakBytes.reader > readerBytes) return `the reader took ${peakBytes.reader} bytes`
  if (peakBytes.ffmpeg > ffmpegBytes) return `ffmpeg took ${peakBytes.ffmpeg} bytes`
  return undefined
}

/** Samples the peak memory of a process, and of its largest child, until it is disposed. */
export function watchMemory(pid: number): Disposable & { readonly reader: number; readonly ffmpeg: number } {
  const peak = { reader: 0, ffmpeg: 0 }
  const timer = setInterval(() => look(pid, peak), 50)
  return Object.assign(peak, { [Symbol.dispose]: () => clearInterval(timer) })
}

/** Memory of a process and its children. Linux only. */
function look(pid: number, peak: { reader: number; ffmpeg: number }): void {
  try {
    peak.reader = Math.max(peak.reader, statusBytes(pid, 'VmRSS'))
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean)
      for (const child of children) peak.ffmpeg = Math.max(peak.ffmpeg, statusBytes(Number(child), 'VmHWM'))
    }
  } catch {
    // The process has ended, or this is not Linux.
  }
}

function statusBytes(pid: number, field: string): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  )
  return Number(kilobytes?.[1] ?? 0) * 1024
}
