import { pino } from 'pino'
import { printable, printableJson } from '../common/printable.js'

/** What a person or a log collector is told, on standard error. Names from outside come out as `printable`. */
export interface Log {
  /** @param fields for a program; a person reads the message alone. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string): void
  /** @param fields as of `info`; `stack` is for both. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  /** Adds fields to every line from now on. */
  identify(fields: Readonly<Record<string, unknown>>): void
  /** From now on lines of text go there, as above a bar; without it, to standard error again. */
  through(write?: (line: string) => void): void
}

/** @param quiet nothing but errors. */
export function openLog(format: 'text' | 'json', quiet: boolean): Log {
  return format === 'json' ? jsonLog(quiet) : textLog(quiet)
}

/** One object a line: time (ISO 8601), level, message, and which run and video it is about. */
function jsonLog(quiet: boolean): Log {
  // At once: the last lines of a program that ends are those that matter.
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
  const say = (message: string) => {
    if (!quiet) write(printable(message))
  }
  return {
    info: say,
    warn: message => say(`warning: ${message}`),
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
