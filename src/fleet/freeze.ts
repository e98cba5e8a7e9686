import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { basename } from 'node:path/posix'
import { UsageError } from '../common/errors.js'
import { printable } from '../common/printable.js'
import { checkOptions, flagOf } from '../settings/configure.js'
import type { SettingGroup } from '../settings/setting.js'
import { overriding } from '../sources/settings.js'
import type { BatchVideo, ListedVideo } from './contract.js'

/** Of the place of a batch: its videos cannot have their own. */
export const placeKeys: ReadonlySet<string> = new Set(['out', 'tenant', 'pipeline'])
/** Of the machine that works on a video, and of its way to the storage. All others decide what is made, and are frozen. */
export const machineKeys: ReadonlySet<string> = new Set([
  ...['workers', 'slots', 'maxMemory', 'decoders', 'ffmpeg', 'ffprobe', 'checkpointFrames'],
  ...['gcsEndpoint', 'billingProject', 'stallSeconds', 'deadlineSeconds'],
])
/** A batch names its runs, resumes them, logs and shows its progress itself, and names each video in full. */
export const refusedKeys: ReadonlySet<string> = new Set([
  ...['runGuid', 'resume', 'bucket', 'metricsPort', 'pushgateway', 'metricsTextfile'],
  ...['logFormat', 'quiet', 'verbose'],
])
/** Files that a batch is told of by a path, which means something else in another folder. */
const pathKeys = ['model', 'review', 'earlier'] as const

/** Options of a batch: those that are frozen with it, and those of the machine that works on it. */
export interface BatchOptions {
  readonly frozen: Readonly<Record<string, unknown>>
  readonly machine: Readonly<Record<string, unknown>>
}

/**
 * Tells what decides a dataset, and is frozen, from what belongs to a machine, such as its workers.
 * @param given without those of the place of the batch.
 * @throws UsageError for an option that makes no sense in a batch.
 */
export function sortOptions(given: Readonly<Record<string, unknown>>): BatchOptions {
  const frozen: Record<string, unknown> = {}
  const machine: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    if (refusedKeys.has(key)) throw new UsageError(`${flagOf(key)} is for one video, not for a batch`)
    const side = machineKeys.has(key) ? machine : frozen
    side[key] = value
  }
  for (const key of pathKeys) {
    const path = frozen[key]
    if (typeof path === 'string' && existsSync(path)) frozen[key] = resolve(path)
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
    const options = overriding(common, ownOptions(uri, own))
    try {
      checkOptions(groups, options)
    } catch (error) {
      throw of(uri, error)
    }
    return { id: idOf(uri), uri, priority, ...(bytes !== undefined && { bytes }), options }
  })
}

function ownOptions(uri: string, own: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const place = Object.keys(own).find(key => placeKeys.has(key))
  if (place !== undefined)
    throw of(uri, new UsageError(`${flagOf(place)} is the same for all videos of a batch`))
  const { frozen, machine } = sortOptions(own)
  const [key] = Object.keys(machine)
  if (key !== undefined) throw of(uri, new UsageError(`${flagOf(key)} belongs to a machine, not to a video`))
  return frozen
}

/** The error, with the video that it is about. */
function of(uri: string, error: unknown): unknown {
  if (error instanceof UsageError) error.message = `${printable(uri)}: ${error.message}`
  return error
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
