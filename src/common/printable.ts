/**
 * Characters that a terminal or reader interprets instead of displaying: control characters (and so escape sequences),
 * bidirectional marks, invisible characters, line separators, lone surrogates.
 */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const visible = (character: string): string =>
  escapes[character] ??
  character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

/** Escapes unsafe characters of an untrusted text, such as a file name. The result is one line; safe text is unchanged. */
export const printable = (text: string): string => text.replace(unsafe, visible)

/** The same for JSON, which may contain line breaks between its values: the result parses to the same value. */
export const printableJson = (json: string): string =>
  json.replace(unsafe, character => (character === '\n' ? character : visible(character)))
