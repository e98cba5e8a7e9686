import { inspect } from 'node:util'
import { printable } from './printable.js'

/** Exit codes of the program, one for each kind of failure that a caller may handle differently. */
export const exitCode = {
  ok: 0,
  usage: 2,
  badInput: 3,
  output: 4,
  internal: 5,
  busy: 6,
  memory: 7,
  interrupted: 130,
} as const

/**
 * An expected failure that ends a run. Its message is one line: what failed, where, and what to do. Messages contain
 * untrusted names, so control characters are escaped. Any other thrown error is a defect and exits as `internal`.
 */
export class CropstreamError extends Error {
  override readonly name: string = 'CropstreamError'
  constructor(
    readonly exitCode: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(printable(message), options)
  }
}

/** A setting is invalid. */
export class UsageError extends CropstreamError {
  override readonly name = 'UsageError'
  constructor(message: string, options?: ErrorOptions) {
    super(exitCode.usage, message, options)
  }
}

/** A video or a model cannot be used. */
export class InputError extends CropstreamError {
  override readonly name = 'InputError'
  constructor(message: string, options?: ErrorOptions) {
    super(exitCode.badInput, message, options)
  }
}

/** An output cannot be written. */
export class OutputError extends CropstreamError {
  override readonly name = 'OutputError'
  constructor(message: string, options?: ErrorOptions) {
    super(exitCode.output, message, options)
  }
}

/** Another process works on the run. */
export class BusyError extends CropstreamError {
  override readonly name = 'BusyError'
  /** @param retryAfterSeconds after which it counts as dead if it is silent; undefined if it is known to be alive. */
  constructor(
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(exitCode.busy, message)
  }
}

/** The run exceeded --max-memory. */
export class MemoryError extends CropstreamError {
  override readonly name = 'MemoryError'
  /** @param ownBytes resident, of this process. @param ffmpegBytes of its ffmpeg processes. @param limit in megabytes. */
  constructor(ownBytes: number, ffmpegBytes: number, limit: number) {
    const [all, ffmpeg] = [ownBytes + ffmpegBytes, ffmpegBytes].map(bytes => Math.round(bytes / 1e6))
    super(
      exitCode.memory,
      `Out of memory: ${all} MB are taken, ${ffmpeg} of them by ffmpeg, and --max-memory is ${limit}; ` +
        'raise it, or lower --workers, --slots or --input-size',
    )
  }
}

/** The class of an error, for logs and metrics. It is derived from the exit code, which errors from workers keep. */
export function classOf(error: unknown): string {
  const code = error instanceof CropstreamError ? error.exitCode : exitCode.internal
  return errorClasses.get(code) ?? 'InternalError'
}

export const errorClasses: ReadonlyMap<number, string> = new Map([
  [exitCode.usage, 'UsageError'],
  [exitCode.badInput, 'InputError'],
  [exitCode.output, 'OutputError'],
  [exitCode.internal, 'InternalError'],
  [exitCode.busy, 'Busy'],
  [exitCode.memory, 'MemoryError'],
  [exitCode.interrupted, 'Interrupted'],
])

/** A message in the one phrasing: `Expected a number from 0 to 1 for --confidence but received 7`. */
export function expected(what: string, name: string, received: unknown): string {
  return `Expected ${what} for ${name} but received ${show(received)}`
}

/** Longer values are cut, since they would hide the rest of the message. */
const shownCharacters = 200

function show(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : inspect(value, { depth: 1, breakLength: Infinity })
  if (text.length <= shownCharacters) return text
  return `${text.slice(0, shownCharacters)}… (${text.length} characters)`
}
