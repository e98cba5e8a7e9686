import { closest, distance } from 'fastest-levenshtein'
import { type ZodType, z } from 'zod'
import { expected, UsageError } from '../common/errors.js'
import type { Setting, SettingGroup, Settings, Values } from './setting.js'

/** `nmsIou` is `--nms-iou` on the command line. */
export const flagOf = (key: string): string =>
  `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

/** The flag that turns a switch on or off. */
export const flagFor = (key: string, on: boolean): string =>
  on ? flagOf(key) : flagOf(key).replace('--', '--no-')

type Union<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never

/** The settings of some groups together. */
export type SettingsOf<Groups extends readonly SettingGroup[]> = Union<Groups[number]['settings']>

/** What a user gives: any of the settings. */
export type OptionsOf<S> = { readonly [K in keyof Values<S>]?: Values<S>[K] | undefined }

/**
 * All settings of some groups by their keys, in the order of the groups. Steps may share a setting, and then must
 * share the object.
 */
export const settingsOf = <const Groups extends readonly SettingGroup[]>(
  groups: Groups,
): SettingsOf<Groups> => collect(groups) as SettingsOf<Groups>

function collect(groups: readonly SettingGroup[]): Settings {
  const all: Record<string, Settings[string]> = {}
  for (const { title, settings } of groups) {
    for (const [key, setting] of Object.entries(settings)) {
      if (all[key] !== undefined && all[key] !== setting) {
        throw new Error(`${title} has a setting ${key} of its own, and so has another group`)
      }
      all[key] = setting
    }
  }
  return all
}

const schemas = new WeakMap<Setting<unknown>, ZodType>()

/** The schema of a setting, made once: that takes longer than to check thousands of values with it. */
export function schemaOf(setting: Setting<unknown>): ZodType {
  const made = schemas.get(setting) ?? setting.schema(z)
  schemas.set(setting, made)
  return made
}

/**
 * Checks what a user gave and fills in the rest.
 * @throws UsageError that names the first setting that is unknown, malformed or at odds with another.
 */
export function checkOptions<const Groups extends readonly SettingGroup[]>(
  groups: Groups,
  options: OptionsOf<SettingsOf<Groups>>,
): Values<SettingsOf<Groups>> {
  const settings = collect(groups)
  const given = new Map<string, unknown>(Object.entries(options))
  for (const key of given.keys()) refuseUnknown(settings, key, 'the options')
  const config: Record<string, unknown> = {}
  for (const [key, setting] of Object.entries(settings)) {
    const value = given.get(key)
    const checked = schemaOf(setting).safeParse(value ?? setting.default)
    if (!checked.success) throw new UsageError(expected(setting.expects, flagOf(key), value))
    config[key] = checked.data
  }
  for (const group of groups) group.check?.(config)
  return config as Values<SettingsOf<Groups>>
}

/** Edits of a name up to which another is suggested. */
const suggestionDistance = 3

/**
 * @param name of the key as the user wrote it.
 * @throws UsageError that names the setting which the user probably meant.
 */
export function refuseUnknown(settings: Settings, key: string, where: string, name = key): void {
  if (Object.hasOwn(settings, key)) return
  const nearest = closest(key, Object.keys(settings))
  const isNear = distance(key, nearest) <= suggestionDistance
  const meant = name.includes('-') ? flagOf(nearest).slice(2) : nearest
  const hint = isNear ? `did you mean ${meant}?` : '--help lists all'
  throw new UsageError(`Expected a known option in ${where} but received '${name}'; ${hint}`)
}

/** The values that the dataset depends on: what the manifest records. */
export const datasetOptions = (settings: Settings, config: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(config).filter(([key]) => settings[key]?.shapesDataset))
