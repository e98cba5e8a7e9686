import { inspect } from 'node:util'
import { printable } from './printable.js'

/** Exit codes of the program, one for each thing that a caller may want to tell apart. */
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
 * What stops a run, said in one line for a person: what failed, where, and what to do. Names in it come
 * from outside, so that the message shows what a terminal would obey.
 * Anything else that is thrown is a defect of ours and exits as `internal`.
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

/** A setting that makes no sense. */
export class UsageError extends CropstreamError {
  override readonly name = 'UsageError'
  constructor(message: string, options?: ErrorOptions) {
    super(exitCode.usage, message, options)
  }
}

/** A video or a model that cannot be used. */
export class InputError extends CropstreamError {
  override readonly name = 'InputError'
  constructor(message: string, options?: ErrorOptions) {
    super(exitCode.badInput, message, options)
  }
}

/** A place that cannot be written to. */
export class OutputError extends CropstreamError {
  override readonly name = 'OutputError'
  constructor(message: string, options?: ErrorOptions) {
    super(exitCode.output, message, options)
  }
}

/** A run that took more memory than it may. */
export class MemoryError extends CropstreamError {
  override readonly name = 'MemoryError'
  /** @param ownBytes of this process. @param ffmpegBytes of every ffmpeg that it ran. @param limit in megabytes. */
  constructor(ownBytes: number, ffmpegBytes: number, limit: number) {
    const [all, ffmpeg] = [ownBytes + ffmpegBytes, ffmpegBytes].map(bytes => Math.round(bytes / 1e6))
    super(
      exitCode.memory,
      `Out of memory: ${all} MB are taken, ${ffmpeg} of them by ffmpeg, and --max-memory is ${limit}; ` +
        'raise it, or lower --workers, --slots or --input-size',
    )
  }
}

/** What kind of failure ended a run, for logs and metrics; an error from a worker keeps it by its exit code. */
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

/** The one phrasing: `Expected a number from 0 to 1 for --confidence but received 7`. */
export function expected(what: string, name: string, received: unknown): string {
  return `Expected ${what} for ${name} but received ${show(received)}`
}

/** A longer text would hide the rest of the message. */
const shownCharacters = 200

function show(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : inspect(value, { depth: 1, breakLength: Infinity })
  if (text.length <= shownCharacters) return text
  return `${text.slice(0, shownCharacters)}… (${text.length} characters)`
}
