import { pino } from 'pino'

/** What a person or a log collector is told, on standard error. */
export interface Log {
  /** @param fields for a program; a person reads the message alone. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string): void
  /** @param fields as of `info`; `stack` is for both. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  /** Adds fields to every line from now on. */
  identify(fields: Readonly<Record<string, unknown>>): void
}

/** @param quiet nothing but errors. */
export function openLog(format: 'text' | 'json', quiet: boolean): Log {
  return format === 'json' ? jsonLog(quiet) : textLog(quiet)
}

/** One object a line: time (ISO 8601), level, message, and which run and video it is about. */
function jsonLog(quiet: boolean): Log {
  let logger = pino(
    {
      base: null,
      level: quiet ? 'error' : 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    // At once: the last lines of a program that ends are those that matter.
    pino.destination({ fd: 2, sync: true }),
  )
  return {
    info: (message, fields = {}) => logger.info(fields, message),
    warn: message => logger.warn(message),
    error: (message, fields = {}) => logger.error(fields, message),
    identify: fields => {
      logger = logger.child(fields)
    },
  }
}

function textLog(quiet: boolean): Log {
  const say = (message: string) => {
    if (!quiet) console.error(message)
  }
  return {
    info: say,
    warn: message => say(`warning: ${message}`),
    error: (message, { stack } = {}) => {
      console.error(`cropstream: ${message}`)
      if (stack !== undefined) console.error(stack)
    },
    identify: () => {},
  }
}
