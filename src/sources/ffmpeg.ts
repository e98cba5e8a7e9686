import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FfmpegCommand } from 'fluent-ffmpeg'
import { memoryOf } from '../common/processes.js'
import { childEnvironment } from './untrusted.js'

/** Time to end by itself for an ffmpeg that was told to: it has nothing to save. */
const graceMs = 1000

/** How ffmpeg ended. */
export interface Ending {
  /** Null when a signal or a failure to start ended it. */
  readonly code: number | null
  /** User and system time that it took, 0 when it did not live to say. */
  readonly cpuSeconds: number
  /** Its last words, for an error message. */
  readonly lastLine: string
}

/** A running ffmpeg that writes to its standard output. */
export interface FfmpegProcess {
  /** Undefined when it did not start. */
  readonly pid: number | undefined
  /** For one that reads it. A broken pipe is told to who writes; how ffmpeg ended says why. */
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves, never rejects, when the process is gone and its output has been closed. */
  readonly ended: Promise<Ending>
  /** Ends it by force if need be, and waits until it is gone. */
  stop(): Promise<Ending>
}

const running = new Set<ChildProcess>()

/**
 * Bytes of resident memory of every ffmpeg that runs: now, and the most that each had. Zeroes where there is no
 * /proc to ask. What ffmpeg says at its end would not do: on Linux its peak begins with that of its parent.
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
 * Spawns a command that fluent-ffmpeg has built. Its own `run()` would first start ffmpeg once more to ask
 * for its encoders, and give no hold on the output that could block the process.
 *
 * @param onLine takes each line of the error output.
 */
export function startFfmpeg(
  program: string,
  command: FfmpegCommand,
  onLine: (line: string) => void,
): FfmpegProcess {
  // A group of its own (`detached`) keeps Ctrl-C in a terminal from ending it in the middle of a frame:
  // ending is for us to say. When we die its pipe breaks, which ends it too.
  const detached = process.platform !== 'win32'
  const options = {
    stdio: ['pipe', 'pipe', 'pipe'] as ['pipe', 'pipe', 'pipe'],
    detached,
    env: childEnvironment,
  }
  const child = spawn(program, command._getArguments(), options)
  child.stdin.on('error', () => {})
  let cpuSeconds = 0
  let lastLine = ''
  let rest = ''
  const take = (line: string) => {
    const bench = /^bench: utime=([\d.]+)s(?: stime=([\d.]+)s)?/.exec(line)
    if (bench) cpuSeconds = Number(bench[1]) + Number(bench[2] ?? 0)
    else if (/\S/.test(line) && !line.startsWith('bench:')) lastLine = line.trim()
    onLine(line)
  }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!.slice(-4096)
    lines.forEach(take)
  })
  const ended = new Promise<Ending>(resolve => {
    child.once('error', error => resolve({ code: null, cpuSeconds, lastLine: error.message }))
    child.once('close', code => resolve({ code, cpuSeconds, lastLine }))
  })
  const { pid } = child
  running.add(child)
  void ended.then(() => running.delete(child))
  return { pid, stdin: child.stdin, stdout: child.stdout, ended, stop: () => stop(child, ended) }
}

/** A complaint without the address of the part that complains, which is another one in each run. */
export function complaint(line: string): string {
  return line.replace(/^\[([\w,]+) @ \w+\]/, '$1:').trim()
}

async function stop(child: ChildProcess, ended: Promise<Ending>): Promise<Ending> {
  // An ffmpeg that is blocked on a pipe hears no signal until the pipe is closed.
  child.stdin?.destroy()
  child.stdout?.destroy()
  child.kill('SIGTERM')
  const grace = new AbortController()
  const late = sleep(graceMs, undefined, { signal: grace.signal }).then(() => child.kill('SIGKILL'))
  const ending = await ended
  grace.abort()
  await late.catch(() => {})
  return ending
}
