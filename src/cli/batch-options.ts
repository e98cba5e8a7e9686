import { resolve } from 'node:path'
import type { BatchPlace } from '../fleet/contract.js'
import { type BatchOptions, placeKeys, refusedKeys, sortOptions } from '../fleet/freeze.js'
import { runSettings } from '../job/settings.js'
import { checkOptions, settingsOf } from '../settings/configure.js'
import { type SettingGroup, type Settings, type Values, valuesOf } from '../settings/setting.js'
import type { ClientOptions } from '../storage/client.js'
import { isGcsUrl } from '../storage/gcs.js'

/** The options of a command that begins a batch. */
export interface GivenBatch<Own> extends BatchOptions {
  /** Of the command itself. */
  readonly own: Own
  readonly place: BatchPlace
  readonly access: ClientOptions
  readonly quiet: boolean
  readonly logFormat: 'text' | 'json'
}

/** Of the log of a batch, as of a run; those of a video it refuses. */
const logKeys: ReadonlySet<string> = new Set(['quiet', 'logFormat'])
/** Options that the help of a command that begins a batch leaves out. */
export const hiddenOptions: ReadonlySet<string> = new Set([...refusedKeys].filter(key => !logKeys.has(key)))

/**
 * Checks the options of a command that begins a batch, and sorts them.
 * @param group settings of the command itself.
 * @param runGroups settings of a run.
 * @param usualName of the batch.
 * @throws UsageError for the first that is wrong.
 */
export function batchOptions<S extends Settings & { readonly name: Settings[string] }>(
  given: Readonly<Record<string, unknown>>,
  group: SettingGroup<S>,
  runGroups: readonly SettingGroup[],
  usualName: string,
): GivenBatch<Values<S>> {
  const isOwn = ([key]: [string, unknown]) => Object.hasOwn(group.settings, key)
  const entries = Object.entries(given)
  const checked = checkOptions<readonly SettingGroup[]>([group], Object.fromEntries(entries.filter(isOwn)))
  const ofRuns = Object.fromEntries(entries.filter(entry => !isOwn(entry)))
  const run = valuesOf(settingsOf(runSettings), checkOptions<readonly SettingGroup[]>(runGroups, ofRuns))
  const { out, tenant, pipeline, quiet, logFormat, gcsEndpoint: endpoint, billingProject } = run
  const ofVideos = Object.entries(ofRuns).filter(([key]) => !placeKeys.has(key) && !logKeys.has(key))
  const own = valuesOf(group.settings, checked)
  const name = typeof own.name === 'string' ? own.name : usualName
  return {
    own,
    place: { out: isGcsUrl(out) ? out : resolve(out), tenant, pipeline, name },
    access: { endpoint, billingProject },
    ...{ quiet, logFormat },
    ...sortOptions(Object.fromEntries(ofVideos)),
  }
}
