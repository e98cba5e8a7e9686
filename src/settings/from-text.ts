import { schemaOf } from './configure.js'
import type { Setting } from './setting.js'

/**
 * Reads the value of a setting from text, as the command line and tables have them: the first of a text, a number, a
 * switch and a list with commas that the setting accepts. Text that it does not accept is left for the error message.
 */
export function valueFromText(setting: Setting<unknown>, text: string): unknown {
  const schema = schemaOf(setting)
  // A setting that may be left out accepts undefined too.
  const isAccepted = (value: unknown) => value !== undefined && schema.safeParse(value).success
  if (isAccepted(text)) return text
  const parts = text.split(',').map(part => part.trim())
  const readings = [numberOr(text), switches.get(text.toLowerCase()), parts, parts.map(numberOr)]
  return readings.find(isAccepted) ?? numberOr(text)
}

const switches: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
])

/** Text that is not a decimal number is returned unchanged. */
function numberOr(text: string): number | string {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?$/i.test(text.trim()) ? Number(text) : text
}
