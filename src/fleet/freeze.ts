import { createHash } from 'node:crypto'
import { basename } from 'node:path/posix'
import { UsageError } from '../common/errors.js'
import { checkOptions, flagOf, settingsOf } from '../settings/configure.js'
import type { SettingGroup } from '../settings/setting.js'
import type { BatchVideo, ListedVideo } from './contract.js'

/** Of the place of a batch: its videos cannot have their own. */
const placeKeys = new Set(['out', 'tenant', 'pipeline', 'runGuid'])
/** What lies beside a dataset: wanted for each video or none. */
const besideDataset = new Set(['report', 'preview', 'import', 'checkpoints'])
/** A batch resumes, logs and shows its progress itself, and its children would fight over one port. */
const refusedKeys = new Set([
  ...['resume', 'metricsPort', 'pushgateway', 'metricsTextfile'],
  ...['logFormat', 'quiet', 'verbose'],
])

/** Options of a batch: those that are frozen with it, and those of the machine that works on it. */
export interface BatchOptions {
  readonly frozen: Readonly<Record<string, unknown>>
  readonly machine: Readonly<Record<string, unknown>>
}

/**
 * Tells what decides a dataset, and is frozen, from what belongs to a machine, such as its workers.
 * @throws UsageError for an option that makes no sense in a batch.
 */
export function sortOptions(
  groups: readonly SettingGroup[],
  given: Readonly<Record<string, unknown>>,
): BatchOptions {
  const settings = settingsOf(groups)
  const frozen: Record<string, unknown> = {}
  const machine: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    if (refusedKeys.has(key)) throw new UsageError(`${flagOf(key)} is for one video, not for a batch`)
    if (placeKeys.has(key)) continue
    const isFrozen = settings[key]?.shapesDataset === true || besideDataset.has(key)
    const side = isFrozen ? frozen : machine
    side[key] = value
  }
  return { frozen, machine }
}

/**
 * Gives each video its id and its options, checked.
 * @throws UsageError for a video that is listed twice, and for an option that is wrong, unknown, or not of a video.
 */
export function freezeVideos(
  listed: readonly ListedVideo[],
  common: Readonly<Record<string, unknown>>,
  groups: readonly SettingGroup[],
): BatchVideo[] {
  const seen = new Set<string>()
  return listed.map(({ uri, priority = 0, bytes, options: own = {} }) => {
    if (seen.has(uri)) throw new UsageError(`${uri} is in the list twice`)
    seen.add(uri)
    const options = { ...common, ...own }
    try {
      checkOptions(groups, options)
      const [key] = Object.keys(sortOptions(groups, own).machine)
      if (key !== undefined) throw new UsageError(`${flagOf(key)} belongs to a machine, not to a video`)
      const place = Object.keys(own).find(key => placeKeys.has(key))
      if (place !== undefined) throw new UsageError(`${flagOf(place)} is the same for all videos of a batch`)
    } catch (error) {
      if (error instanceof UsageError) error.message = `${uri}: ${error.message}`
      throw error
    }
    return { id: idOf(uri), uri, priority, ...(bytes !== undefined && { bytes }), options }
  })
}

/** The name of the file, as far as it is plain, and enough of a hash that ids of a million videos differ. */
function idOf(uri: string): string {
  const name = basename(uri)
    .replace(/\.\w{1,8}$/, '')
    .replace(/[^A-Za-z\d]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
  const hash = createHash('sha256').update(uri).digest('hex').slice(0, 16)
  return name === '' ? hash : `${name}-${hash}`
}
