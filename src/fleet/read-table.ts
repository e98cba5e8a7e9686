import { isAbsolute, posix, resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { expected, InputError, UsageError } from '../common/errors.js'
import { given } from '../common/given.js'
import { jsonOf } from '../common/parse-json.js'
import { schemaOf, settingsOf } from '../settings/configure.js'
import { valueFromText } from '../settings/from-text.js'
import { type NamedOption, optionNamed, valueFor } from '../settings/named-option.js'
import { integer, type SettingGroup, type Settings, setting } from '../settings/setting.js'
import { checkObjectName, isForeignUrl, isGcsUrl, parseGcsUrl } from '../storage/gcs.js'
import type { ListedVideo } from './contract.js'

export const tableExtensions = ['csv', 'jsonl', 'ndjson']

/** What a line has beside options. */
const own = {
  uri: setting<string | undefined>(z => z.string().regex(/^[^\0]+$/), 'a path or gs://bucket/path', {
    help: 'the video; a relative path is relative to the folder of the list',
  }),
  priority: integer({ from: -1e6, to: 1e6, help: 'higher ones are begun first (default: 0)' }),
  bytes: integer({ from: 0, to: Number.MAX_SAFE_INTEGER, help: 'size: larger ones are begun first' }),
}
const videoSchema = z.object({ uri: z.string(), priority: z.int().optional(), bytes: z.int().optional() })

/** A table that is read: its name for errors, and where its relative paths begin. */
interface Table {
  readonly name: string
  /** An absolute path, or `gs://bucket/prefix`. */
  readonly folder: string
  /** All that a line may have. */
  readonly settings: Settings
}

export interface TableLine {
  readonly line: number
  readonly video: ListedVideo
}

/**
 * Reads a CSV or JSONL file of videos with their options, of which the names are checked, but not the values.
 * @param name with its extension. @param folder in which it is. @param groups of the options that a video may have.
 * @throws InputError when it is not a table; UsageError for a column or value that cannot be, with its line.
 */
export function readTable(
  name: string,
  folder: string,
  bytes: Uint8Array,
  groups: readonly SettingGroup[],
): TableLine[] {
  let text: string
  try {
    // Without a byte order mark, which Excel writes.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new InputError(`Cannot read ${name}: it is not UTF-8; save it as such ("CSV UTF-8" in Excel)`, {
      cause,
    })
  }
  const options: Settings = settingsOf(groups)
  const table = { name, folder, settings: { ...own, ...options } }
  return /\.csv$/i.test(name) ? readCsv(table, text) : readJsonLines(table, text)
}

function readCsv(table: Table, text: string): TableLine[] {
  const [header, ...rows] = csvRows(table.name, text)
  if (header === undefined) return []
  const where = `${table.name}, line ${header.line}`
  if (!header.cells.includes('uri'))
    throw new UsageError(`${where}: ${expected('a column uri', 'the header', header.cells.join(', '))}`)
  const columns = header.cells.map(name => {
    const option = optionNamed(table.settings, name, where)
    return { option, setting: table.settings[option.key]! } // optionNamed refuses others
  })
  return rows.map(({ line, cells }) => {
    if (cells.length > columns.length) {
      const what = `at most ${columns.length} cells, with quotes around one that has a comma`
      throw new UsageError(`${table.name}, line ${line}: ${expected(what, 'the line', cells.join(','))}`)
    }
    const fields = columns.map(({ option, setting }, i): [NamedOption, unknown] => {
      const text = cells[i] ?? ''
      return [option, text === '' ? undefined : valueFromText(setting, text)]
    })
    return lineOf(table, line, fields)
  })
}

interface CsvRow {
  readonly line: number
  readonly cells: readonly string[]
}

function csvRows(name: string, text: string): CsvRow[] {
  // Excel separates by semicolons where the comma is a decimal point.
  const [delimiter = ','] = /[,;\t]/.exec(text.split('\n', 1).join()) ?? []
  const rows: CsvRow[] = []
  try {
    parse(text, {
      delimiter,
      trim: true,
      relax_column_count: true,
      skip_records_with_empty_values: true,
      on_record: (cells: string[], { lines: line }) => {
        // Spreadsheets write empty columns at the end.
        rows.push({ line, cells: cells.slice(0, cells.findLastIndex(cell => cell !== '') + 1) })
        return null
      },
    })
  } catch (cause) {
    throw new InputError(`Cannot read ${name}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  return rows
}

function readJsonLines(table: Table, text: string): TableLine[] {
  return text.split('\n').flatMap((text, i) => {
    if (text.trim() === '') return []
    const line = i + 1
    const where = `${table.name}, line ${line}`
    const content = jsonOf(text, where)
    if (typeof content !== 'object' || content === null || Array.isArray(content))
      throw new UsageError(expected('an object with a uri', where, content))
    const fields = Object.entries(content).map(([name, value]): [NamedOption, unknown] => [
      optionNamed(table.settings, name, where),
      value,
    ])
    return [lineOf(table, line, fields)]
  })
}

/** @param fields undefined and null are not given. */
function lineOf(table: Table, line: number, fields: readonly [NamedOption, unknown][]): TableLine {
  const where = `${table.name}, line ${line}`
  const values: Record<string, unknown> = {}
  for (const [option, value] of fields) {
    if (Object.hasOwn(values, option.key))
      throw new UsageError(expected(`one value for ${option.key}`, where, 'two'))
    values[option.key] = valueFor(option, value) ?? undefined
  }
  for (const [key, setting] of Object.entries(own)) {
    const isMissing = key === 'uri' && values[key] === undefined
    if (isMissing || !schemaOf(setting).safeParse(values[key]).success)
      throw new UsageError(`${where}: ${expected(setting.expects, key, values[key])}`)
  }
  const { uri, priority, bytes } = videoSchema.parse(values)
  const options = Object.fromEntries(
    Object.entries(values).filter(([key, value]) => !Object.hasOwn(own, key) && value !== undefined),
  )
  try {
    const video = { uri: locate(uri, table.folder), ...given({ priority, bytes }), options }
    return { line, video }
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${where}: ${error.message}`, { cause: error })
    throw error
  }
}

/** @throws UsageError when it is in another storage, or no name for an object. */
function locate(uri: string, folder: string): string {
  if (isForeignUrl(uri)) throw new UsageError(expected(own.uri.expects, 'uri', uri))
  let url = uri
  if (!isGcsUrl(uri)) {
    if (!isGcsUrl(folder) || isAbsolute(uri)) return resolve(folder, uri)
    const { bucket, path } = parseGcsUrl(folder, 'LIST')
    url = `gs://${bucket}${posix.join('/', path, uri)}`
  }
  const { bucket, path } = parseGcsUrl(url, 'uri')
  checkObjectName(path, 'uri')
  return `gs://${bucket}/${path}`
}
