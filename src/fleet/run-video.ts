import { type ChildProcess, spawn } from 'node:child_process'
import { constants, hostname } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { exitCode } from '../common/errors.js'
import { cpuSecondsOf } from '../common/processes.js'
import { flagFor, flagOf } from '../settings/configure.js'
import type { Attempt, BatchPlace, BatchVideo, Made } from './contract.js'
import { madeSchema } from './schemas.js'

const program = fileURLToPath(new URL('../graph.js', import.meta.url))

/** A child that is stopped has this long to write its checkpoint. A spot machine gives 15 s in all. */
const graceSeconds = 10
/** Of the look at its CPU time, for a child that dies without a word. */
const watchSeconds = 0.5

/** How far a child is: the field `progress` of its log. */
export interface ChildProgress {
  readonly percent: number
  readonly frames: number
  readonly frames_per_second: number
  readonly seconds_left: number | null
}

/** What a child process was and said. */
export interface ChildEnd {
  readonly attempt: Attempt
  /** Set when the dataset is complete. */
  readonly made?: Made
  /** Its log: one JSON object per line. */
  readonly log: string
}

/**
 * Processes one video in a process of its own, so that a crash of native code and the end of memory cost one attempt and
 * nothing else.
 * @param machine options of this machine.
 * @param signal stops it: it writes a checkpoint and ends within `graceSeconds`.
 */
export async function runVideo(
  { uri, options }: BatchVideo,
  { name, ...place }: BatchPlace,
  machine: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  onProgress: (progress: ChildProgress) => void,
): Promise<ChildEnd> {
  const flags = flagsOf({ ...options, ...machine, ...place, runGuid: name, logFormat: 'json' })
  const began = performance.now()
  const started_at = new Date().toISOString()
  // Over the channel the child notices that this process is gone.
  const child = spawn(process.execPath, [program, uri, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let coreSeconds = 0
  const watch = setInterval(() => {
    coreSeconds = Math.max(coreSeconds, cpuSecondsOf(child.pid))
  }, watchSeconds * 1000)
  const ended = endOf(child)
  const stop = () => void stopChild(child, ended)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const said = await listen(child, onProgress)
  const code = await ended
  clearInterval(watch)
  signal.removeEventListener('abort', stop)
  const last = said.last
  const attempt: Attempt = {
    // Stopped by force, as it took too long to stop by itself.
    exit_code: signal.aborted && code !== exitCode.ok ? exitCode.interrupted : code,
    ...reasonOf(code, said),
    ...(typeof last?.retry_after_seconds === 'number' && { retry_after_seconds: last.retry_after_seconds }),
    ...(typeof machine.workers === 'number' && { workers: machine.workers }),
    host: hostname(),
    started_at,
    seconds: rounded((performance.now() - began) / 1000),
    core_seconds: rounded(
      Math.max(coreSeconds, typeof last?.cpu_seconds === 'number' ? last.cpu_seconds : 0),
    ),
  }
  // See `summaryRecord`.
  return { attempt, log: said.log, ...(code === exitCode.ok && { made: madeSchema.parse(last) }) }
}

/** As on the command line. */
export const flagsOf = (options: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(options).flatMap(([key, value]) => {
    if (value === undefined || value === null) return []
    if (typeof value === 'boolean') return [flagFor(key, value)]
    return [`${flagOf(key)}=${Array.isArray(value) ? value.join(',') : String(value)}`]
  })

interface Said {
  readonly log: string
  /** Fields of the last line that says how it ended. */
  readonly last: Readonly<Record<string, unknown>> | undefined
  /** The last line that is not of the log: what Node or native code says when it dies. */
  readonly cry: string | undefined
}

async function listen(child: ChildProcess, onProgress: (progress: ChildProgress) => void): Promise<Said> {
  const lines: string[] = []
  let [last, cry]: [Said['last'], Said['cry']] = [undefined, undefined]
  if (child.stderr === null) throw new Error('the child has no standard error') // it is piped
  for await (const line of createInterface({ input: child.stderr })) {
    const record = recordOf(line)
    if (record === undefined) {
      if (line.trim() === '') continue
      cry = line.trim()
      lines.push(JSON.stringify({ level: 'error', time: new Date().toISOString(), msg: cry }))
      continue
    }
    lines.push(line)
    if (record.progress !== undefined) onProgress(record.progress as ChildProgress) // of our own program
    if (record.dataset_sha256 !== undefined || record.exit_code !== undefined) last = record
  }
  return { log: lines.map(line => `${line}\n`).join(''), last, cry }
}

function recordOf(line: string): Record<string, unknown> | undefined {
  try {
    const record: unknown = JSON.parse(line)
    return typeof record === 'object' && record !== null ? { ...record } : undefined
  } catch {
    return undefined
  }
}

/** Resolves to the exit code, or to 128 and the number of the signal. */
const endOf = (child: ChildProcess): Promise<number> =>
  new Promise(resolve => {
    child.once('error', () => resolve(exitCode.internal))
    child.once('exit', (code, signal) =>
      resolve(signal === null ? (code ?? exitCode.internal) : 128 + constants.signals[signal]),
    )
  })

async function stopChild(child: ChildProcess, ended: Promise<number>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceSeconds * 1000)
  await ended
  clearTimeout(timer)
}

function reasonOf(code: number, { last, cry }: Said): { reason?: string } {
  if (code === exitCode.ok) return {}
  if (typeof last?.msg === 'string' && last.exit_code !== undefined) return { reason: last.msg }
  if (cry !== undefined) return { reason: cry }
  const [signal] = Object.entries(constants.signals).find(([, number]) => number === code - 128) ?? []
  return { reason: signal === undefined ? `exit code ${code}` : `ended by ${signal}` }
}

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000
