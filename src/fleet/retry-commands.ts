import type { Batch } from './batch.js'

/** Commands that begin the failed videos of a batch again: on this machine, and in a queue. */
export function retryCommands({ place: { out, tenant, pipeline, name }, list }: Batch) {
  const flags = Object.entries({ out, tenant, pipeline, name }).map(
    ([flag, value]) => `--${flag} ${quoted(value)}`,
  )
  return {
    batch: `cropstream batch ${quoted(list)} ${flags.join(' ')} --retry`,
    queue: 'cropstream retry --queue URL',
  }
}

/** For a shell. */
const quoted = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
