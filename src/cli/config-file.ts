import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expected, UsageError } from '../common/errors.js'
import { optionNamed, valueFor } from '../settings/named-option.js'
import type { Settings } from '../settings/setting.js'

/**
 * Reads options from a YAML or JSON file: one object, with the names of the command line (`min-height`) or of the
 * library (`minHeight`). Their values are checked with those of the command line.
 * @throws UsageError when the file cannot be read, or has an unknown key.
 */
export function readConfigFile(path: string, settings: Settings): Record<string, unknown> {
  let content: unknown
  // Loaded only here: most runs have no such file.
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml')
  try {
    content = parse(readFileSync(path, 'utf8'), { maxAliasCount: 0 }) ?? {}
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : cause
    throw new UsageError(`Cannot read the configuration file ${path}: ${why}`, { cause })
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new UsageError(expected('an object of options', path, content))
  }
  const options: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(content)) {
    const option = optionNamed(settings, name, path)
    const { key } = option
    if (Object.hasOwn(options, key)) throw new UsageError(expected(`one value for ${key}`, path, 'two'))
    // An empty value is null in YAML: treat it as not set.
    options[key] = valueFor(option, value) ?? undefined
  }
  return options
}
