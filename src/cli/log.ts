import { printable, printableJson } from '../common/printable.js'

/** The log on standard error, for a person or a log collector. Control characters are made `printable`. */
export interface Log {
  /** @param fields for JSON; the text format shows only the message. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string): void
  /** @param fields as for `info`; both formats show `stack`. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  /** Adds fields to every line from now on. */
  identify(fields: Readonly<Record<string, unknown>>): void
  /** Redirects lines of text, for example above a progress bar; without `write`, back to standard error. */
  through(write?: (line: string) => void): void
}

/** @param quiet only errors. */
export async function openLog(format: 'text' | 'json', quiet: boolean): Promise<Log> {
  return format === 'json' ? jsonLog(quiet) : textLog(quiet)
}

/** One JSON object per line: time (ISO 8601), level, message, and the ids of the run and the video. */
async function jsonLog(quiet: boolean): Promise<Log> {
  const { pino } = await import('pino')
  // Synchronous: the last lines before the exit must not be lost.
  const standardError = pino.destination({ fd: 2, sync: true })
  let logger = pino(
    {
      base: null,
      level: quiet ? 'error' : 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    { write: (line: string) => standardError.write(printableJson(line)) },
  )
  return {
    info: (message, fields = {}) => logger.info(fields, message),
    warn: message => logger.warn(message),
    error: (message, fields = {}) => logger.error(fields, message),
    identify: fields => {
      logger = logger.child(fields)
    },
    through: () => {},
  }
}

function textLog(quiet: boolean): Log {
  let write: (line: string) => void = console.error
  const print = (message: string) => {
    if (!quiet) write(printable(message))
  }
  return {
    info: print,
    warn: message => print(`warning: ${message}`),
    error: (message, { stack } = {}) => {
      console.error(printable(`cropstream: ${message}`))
      if (stack !== undefined) console.error(String(stack).split('\n').map(printable).join('\n'))
    },
    identify: () => {},
    through: (to = console.error) => {
      write = to
    },
  }
}
