/**
 * What a terminal or a reader would obey instead of showing: control characters and with them escape
 * sequences, marks that turn the direction of text, invisible ones, line separators, half surrogates.
 */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const visible = (character: string): string =>
  escapes[character] ??
  character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

/** Text of foreign origin, as a file's name, in one line that is safe to show. What was safe stays as it is. */
export const printable = (text: string): string => text.replace(unsafe, visible)

/** The same for JSON, with or without line breaks between its values: it reads back as it was. */
export const printableJson = (json: string): string =>
  json.replace(unsafe, character => (character === '\n' ? character : visible(character)))
