/**
 * Characters that a terminal or reader interprets instead of displaying: control characters (and so escape sequences),
 * bidirectional marks, invisible characters, line separators, lone surrogates. Not the joiner inside an emoji.
 */
const unsafe =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}](?<!\p{Extended_Pictographic}[\u{1F3FB}-\u{1F3FF}\uFE0F]?\u200D(?=\p{Extended_Pictographic}))/gu

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const visible = (character: string): string =>
  escapes[character] ??
  character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

/** Escapes unsafe characters of an untrusted text, such as a file name. The result is one line; safe text is unchanged. */
export const printable = (text: string): string => text.replace(unsafe, visible)

export const withoutUnsafe = (text: string): string => text.replace(unsafe, '')

/** The same as `printable` for JSON, which may contain line breaks between its values: the result parses to the same value. */
export const printableJson = (json: string): string =>
  json.replace(unsafe, character => (character === '\n' ? character : visible(character)))
