import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FfmpegCommand } from 'fluent-ffmpeg'
import { memoryOf } from '../common/processes.js'
import { childEnvironment } from './untrusted.js'

/** Time between SIGTERM and SIGKILL; short, since ffmpeg has nothing to save. */
const graceMs = 1000

/** Exit status of ffmpeg. */
export interface Ending {
  /** Null when it was killed or could not be started. */
  readonly code: number | null
  /** User and system time; 0 when it was killed before it printed them. */
  readonly cpuSeconds: number
  /** For an error message: the first line that ffmpeg marks as an error, otherwise the last that is no report. */
  readonly reason: string
}

/** A running ffmpeg that writes to its standard output. */
export interface FfmpegProcess {
  /** Undefined when it did not start. */
  readonly pid: number | undefined
  /** A broken pipe rejects the write; `ended` has the reason. */
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when the process has exited and its output is closed; never rejects. */
  readonly ended: Promise<Ending>
  /** Terminates it, by force after a grace time, and waits for its exit. */
  stop(): Promise<Ending>
}

const running = new Set<ChildProcess>()

/**
 * Bytes of resident memory of all running ffmpeg processes: the current sum and the sum of the peaks. Zeros on a
 * system without /proc. The peak that ffmpeg prints is not used: on Linux it starts at that of the parent process.
 */
export function ffmpegMemory(): { readonly now: number; readonly peak: number } {
  let [now, peak] = [0, 0]
  for (const { pid } of running) {
    const memory = memoryOf(pid)
    now += memory.now
    peak += memory.peak
  }
  return { now, peak }
}

/**
 * Spawns a command built by fluent-ffmpeg. Its own `run()` would start ffmpeg once more to list its encoders, and
 * does not expose the output pipe, which we need for backpressure.
 *
 * @param cwd its working directory, if another than ours: names of files in filters are relative to it.
 * @param onLine called for each line of the error output, without the mark of its level.
 */
export function startFfmpeg(
  program: string,
  command: FfmpegCommand,
  cwd: string | undefined,
  onLine: (line: string) => void,
): FfmpegProcess {
  // In its own process group (`detached`) ffmpeg does not receive Ctrl-C from the terminal and is stopped by us. If
  // this process dies, its broken pipe ends ffmpeg too.
  const detached = process.platform !== 'win32'
  const options = {
    stdio: ['pipe', 'pipe', 'pipe'] as ['pipe', 'pipe', 'pipe'],
    detached,
    env: childEnvironment,
    cwd,
  }
  const child = spawn(program, command._getArguments(), options)
  child.stdin.on('error', () => {})
  let cpuSeconds = 0
  let lastLine = 'it gave no reason'
  let firstError: string | undefined
  let rest = ''
  const take = (marked: string) => {
    const [, , level] = levelMark.exec(marked) ?? []
    const line = marked.replace(levelMark, '$1')
    if (level !== undefined && /error|fatal|panic/.test(level)) firstError ??= withoutAddress(line)
    const isReport = level === 'info' || /^bench:|Output file is empty/.test(line)
    const bench = /^bench: utime=([\d.]+)s(?: stime=([\d.]+)s)?/.exec(line)
    if (bench) cpuSeconds = Number(bench[1]) + Number(bench[2] ?? 0)
    else if (/\S/.test(line) && !isReport) lastLine = withoutAddress(line)
    onLine(line)
  }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(-4096)
    lines.forEach(take)
  })
  const ended = new Promise<Ending>(resolve => {
    child.once('error', error => resolve({ code: null, cpuSeconds, reason: error.message }))
    child.once('close', code => resolve({ code, cpuSeconds, reason: firstError ?? lastLine }))
  })
  const { pid } = child
  running.add(child)
  void ended.then(() => running.delete(child))
  return { pid, stdin: child.stdin, stdout: child.stdout, ended, stop: () => stop(child, ended) }
}

/** With `-loglevel level+…`, after the names of the components. */
export const levelMark = /^((?:\[[^\]]+ @ \w+\] )*)\[(panic|fatal|error|warning|info)\] /

/**
 * A log line of ffmpeg without the memory addresses of its components, which differ in each run, and without the
 * path of the file, which may be a temporary one.
 */
export function withoutAddress(line: string): string {
  return line
    .replace(/^(?:\[[^\]]+ @ \w+\] )*\[(?:dec:)?([^\]]+) @ \w+\]/, '$1:')
    .replace(/^file:.*: (?=[^:]+$)/, '')
    .trim()
}

async function stop(child: ChildProcess, ended: Promise<Ending>): Promise<Ending> {
  // While ffmpeg is blocked on a pipe it does not handle signals, so the pipes are closed first.
  child.stdin?.destroy()
  child.stdout?.destroy()
  child.kill('SIGTERM')
  const grace = new AbortController()
  const killed = sleep(graceMs, undefined, { signal: grace.signal }).then(() => child.kill('SIGKILL'))
  const ending = await ended
  grace.abort()
  await killed.catch(() => {})
  return ending
}
