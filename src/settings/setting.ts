import type { ZodType, z } from 'zod'

/** Makes a schema with zod, which it gets: workers import settings, but check none, and zod takes 50 ms and 12 MB. */
export type SchemaOf<T> = (zod: typeof z) => ZodType<T>

/** One option, as the command line, a configuration file and a program give it. */
export interface Setting<T> {
  readonly schema: SchemaOf<T>
  /** What it must be, as an error says it. */
  readonly expects: string
  /** What giving it on the command line does; of a switch that is on, what `--no-…` does. */
  readonly help: string
  readonly default: T
  /** What goes in, as the help shows it: `frames/s`. A switch has none. */
  readonly value?: string | undefined
  /** False for what changes how a run is made, but not one byte of its dataset. */
  readonly shapesDataset: boolean
  /** One of the few options that most users need: the help shows them first. */
  readonly essential: boolean
}

export type Settings = Readonly<Record<string, Setting<unknown>>>

/** The checked values of some settings. */
export type Values<S> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never }

/** Settings that belong together: those of a step, or of another part of a run. */
export interface SettingGroup<S extends Settings = Settings> {
  readonly title: string
  readonly settings: S
  /** @throws UsageError when values that are right each by itself are at odds with each other. */
  check?(values: Values<S>): void
}

export const settingGroup = <S extends Settings>(
  title: string,
  settings: S,
  check?: (values: Values<S>) => void,
): SettingGroup<S> => ({ title, settings, ...(check && { check }) })

interface About {
  readonly help: string
  readonly value?: string
  readonly shapesDataset?: boolean
  readonly essential?: boolean
}
type With<T> = About & { readonly default: T }
/** Without a default the setting may be left out, and is undefined then. */
type Without = About & { readonly default?: undefined }

/** A setting of a kind of its own. @param expects what it must be, as an error says it. */
export function setting<T>(
  schema: SchemaOf<T>,
  expects: string,
  { shapesDataset = true, essential = false, ...about }: About & { readonly default?: T | undefined },
): Setting<T> {
  const checked: SchemaOf<T> =
    about.default === undefined ? zod => schema(zod).optional() as ZodType<T> : schema
  return { schema: checked, expects, shapesDataset, essential, ...about, default: about.default as T }
}

interface Range {
  readonly from: number
  readonly to: number
}

export function number(about: Range & With<number>): Setting<number>
export function number(about: Range & Without): Setting<number | undefined>
export function number({ from, to, ...about }: Range & About & { default?: number | undefined }) {
  const schema: SchemaOf<number | undefined> = z => z.number().min(from).max(to)
  return setting(schema, `a number from ${from} to ${to}`, { value: 'number', ...about })
}

export function integer(about: Range & With<number>): Setting<number>
export function integer(about: Range & Without): Setting<number | undefined>
export function integer({ from, to, ...about }: Range & About & { default?: number | undefined }) {
  const schema: SchemaOf<number | undefined> = z => z.int().min(from).max(to)
  return setting(schema, `a whole number from ${from} to ${to}`, {
    value: 'count',
    ...about,
  })
}

/** On or off. One that is on by default is turned off by `--no-…`. */
export const toggle = (about: With<boolean>): Setting<boolean> =>
  setting(z => z.boolean(), 'true or false', about)

/** One of a few words. */
export function choice<const T extends string>(values: readonly T[], about: With<NoInfer<T>>): Setting<T>
export function choice<const T extends string>(values: readonly T[], about: Without): Setting<T | undefined>
export function choice<const T extends string>(
  values: readonly T[],
  about: About & { default?: T | undefined },
) {
  return setting<T | undefined>(z => z.enum(values), values.join(' or '), {
    value: values.join('|'),
    ...about,
  })
}

/** Several words, separated by commas on the command line. */
export const words = (about: Without): Setting<readonly string[] | undefined> =>
  setting<readonly string[] | undefined>(
    z => z.array(z.string().min(1)).min(1),
    'names separated by commas',
    {
      value: 'names',
      ...about,
    },
  )

export type Rgb = readonly [red: number, green: number, blue: number]
export const rgb: SchemaOf<Rgb> = z => {
  const channel = z.int().min(0).max(255)
  return z.tuple([channel, channel, channel])
}
export const color = (about: With<Rgb>): Setting<Rgb> =>
  setting(rgb, 'red,green,blue, each from 0 to 255', { value: 'r,g,b', ...about })

/** A text that starts with a dash is an option that took the place of a forgotten path. */
export const pathText: SchemaOf<string> = z => z.string().regex(/^[^-\0][^\0]*$/)

export function path(about: With<string>): Setting<string>
export function path(about: Without): Setting<string | undefined>
export function path(about: About & { default?: string | undefined }) {
  return setting<string | undefined>(pathText, 'a path, with ./ before one that begins with a dash', {
    value: 'path',
    shapesDataset: false,
    ...about,
  })
}

export const url = (about: Without): Setting<string | undefined> =>
  setting<string | undefined>(z => z.url({ protocol: /^https?$/ }), 'an http or https URL', {
    value: 'url',
    shapesDataset: false,
    ...about,
  })

/** One folder of the output tree: it cannot lead elsewhere, and cannot be mistaken for an option. */
export function folderName(about: With<string>): Setting<string>
export function folderName(about: Without): Setting<string | undefined>
export function folderName(about: About & { default?: string | undefined }) {
  return setting<string | undefined>(
    z => z.string().regex(/^\w[\w.-]{0,99}$/),
    'letters, digits, dots, dashes and underscores, at most 100, not beginning with a dot or a dash',
    { value: 'name', shapesDataset: false, ...about },
  )
}

/** The values of some settings among others; where one is missing, its default. */
export const valuesOf = <S extends Settings>(settings: S, among: object): Values<S> =>
  Object.fromEntries(
    Object.entries(settings).map(([key, { default: standard }]) => [
      key,
      (among as Readonly<Record<string, unknown>>)[key] ?? standard,
    ]),
  ) as Values<S>
