import { exitCode } from '../common/errors.js'
import { backoffSeconds } from './backoff.js'
import type { Attempt, Verdict } from './contract.js'

/** Tries of a failure that may pass, by exit code. */
const tries = {
  output: 8,
  internal: 3,
  memory: 4,
  crash: 2,
} as const

/** Before another process is asked for again that does not say how long it will take. */
const busySeconds = 10

const signalled = (number: number): number => 128 + number
/** Of native code, by signal: SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV. */
const crashes = new Set([4, 6, 7, 8, 11].map(signalled))
/** SIGKILL: on Linux nearly always the kernel, because memory ran out. */
const killed = signalled(9)
/** SIGHUP, SIGINT, SIGTERM: before the program could handle them. */
const interruptions = new Set<number>([exitCode.interrupted, ...[1, 2, 15].map(signalled)])

/**
 * Decides from the exit codes of a video what is done with it, whatever started its processes.
 * @param attempts not empty; the last one has just ended.
 * @param defaultWorkers that a process takes when it is not limited.
 */
export function verdictOn(attempts: readonly Attempt[], defaultWorkers: number): Verdict {
  const last = attempts.at(-1)! // not empty
  const { exit_code: code, reason = `exit code ${code}` } = last
  const again = (kind: (code: number) => boolean, limit: number, afterSeconds: number): Verdict => {
    const count = attempts.filter(attempt => kind(attempt.exit_code)).length
    if (count < limit) return { next: 'again', afterSeconds }
    return { next: 'fail', reason: `${reason} (tried ${count} times)` }
  }
  if (code === exitCode.ok) return { next: 'done' }
  if (interruptions.has(code)) return { next: 'hand-back' }
  if (code === exitCode.usage || code === exitCode.badInput) return { next: 'fail', reason }
  if (code === exitCode.busy) return { next: 'again', afterSeconds: last.retry_after_seconds ?? busySeconds }
  if (code === exitCode.output) {
    const count = attempts.filter(attempt => attempt.exit_code === code).length
    return again(other => other === code, tries.output, backoffSeconds(count))
  }
  if (isOutOfMemory(code)) {
    const verdict = again(isOutOfMemory, tries.memory, 0)
    if (verdict.next !== 'again') return verdict
    return { ...verdict, workers: Math.max(1, Math.floor((last.workers ?? defaultWorkers) / 2)) }
  }
  if (crashes.has(code)) return again(other => crashes.has(other), tries.crash, 0)
  return again(other => other === code, tries.internal, 0)
}

const isOutOfMemory = (code: number): boolean => code === exitCode.memory || code === killed
