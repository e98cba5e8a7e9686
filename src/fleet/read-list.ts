import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isDynamicPattern } from 'tinyglobby'
import { expected, InputError, UsageError } from '../common/errors.js'
import type { SettingGroup } from '../settings/setting.js'
import type { ClientOptions } from '../storage/client.js'
import { isForeignUrl, isGcsUrl } from '../storage/gcs.js'
import { StorageFactory } from '../storage/storage-factory.js'
import type { ListedVideo } from './contract.js'
import {
  findVideoInBucket,
  findVideos,
  findVideosInBucket,
  isVideoName,
  splitUrl,
  videoExtensions,
} from './find-videos.js'
import { readTable, tableExtensions } from './read-table.js'

/** A video of a list, with its line where the list is a table. */
interface Entry {
  readonly video: ListedVideo
  readonly line?: number
}

const tableName = new RegExp(`\\.(${tableExtensions.join('|')})$`, 'i')

/**
 * The videos of a folder, a glob, a prefix of a bucket, a CSV or JSONL file, or a single video.
 * @param groups settings that a table may give for each video.
 * @throws InputError when there is none, or one that is not there; UsageError for what cannot be in a list.
 */
export async function readList(
  list: string,
  access: ClientOptions,
  groups: readonly SettingGroup[],
): Promise<ListedVideo[]> {
  const entries = isGcsUrl(list) ? await inBucket(list, access, groups) : await onDisk(list, groups)
  if (entries.length === 0) {
    const why = tableName.test(list)
      ? 'it lists no video'
      : `there is no video in it (a name that ends in ${videoExtensions.join(', ')})`
    throw new InputError(`Cannot read ${list}: ${why}`)
  }
  return withSizes(list, entries)
}

async function inBucket(
  url: string,
  access: ClientOptions,
  groups: readonly SettingGroup[],
): Promise<Entry[]> {
  if (isVideoName(url)) return [{ video: await findVideoInBucket(url, access) }]
  if (!tableName.test(url)) return (await findVideosInBucket(url, access)).map(video => ({ video }))
  const { folder, name } = splitUrl(url)
  const store = await new StorageFactory(url, access).at(folder, 'LIST')
  const bytes = await store.read(name)
  if (bytes === undefined) throw new InputError(`Cannot read ${url}: there is no such object; check its name`)
  return readTable(url, folder, bytes, groups)
}

async function onDisk(list: string, groups: readonly SettingGroup[]): Promise<Entry[]> {
  const kinds = 'a folder, a pattern, a video, a CSV or JSONL file, or gs://bucket/prefix'
  if (isForeignUrl(list)) throw new UsageError(expected(kinds, 'LIST', list))
  const path = resolve(list)
  const stats = await stat(path).catch(() => undefined)
  if (stats?.isDirectory()) return entriesOf(await findVideos(path))
  if (stats === undefined) {
    if (!isDynamicPattern(list))
      throw new InputError(`Cannot read ${list}: there is no such file or folder; check the path`)
    const { folder, pattern } = splitPattern(list)
    return entriesOf(await findVideos(folder, pattern))
  }
  if (tableName.test(list)) return readTable(list, dirname(path), await readFile(path), groups)
  if (isVideoName(list)) return entriesOf([path])
  throw new UsageError(expected(kinds, 'LIST', list))
}

const entriesOf = (paths: readonly string[]): Entry[] => paths.map(uri => ({ video: { uri } }))

/** A folder that exists, even if its name looks like a pattern, and the pattern below it. */
function splitPattern(list: string): { readonly folder: string; readonly pattern: string } {
  const parts = list.split('/')
  const start = (count: number): string => (count === 0 ? '.' : parts.slice(0, count).join('/') || '/')
  let known = 0
  while (known < parts.length - 1 && existsSync(start(known + 1))) known++
  return { folder: resolve(start(known)), pattern: parts.slice(known).join('/') }
}

/** Missing files of a list that an error names. */
const namedFiles = 5

/** @throws InputError when local files are missing, now rather than after a night. */
async function withSizes(list: string, entries: readonly Entry[]): Promise<ListedVideo[]> {
  const sized = await Promise.all(
    entries.map(async ({ video, line }) => {
      if (isGcsUrl(video.uri)) return { video }
      const stats = await stat(video.uri).catch(() => undefined)
      if (stats?.isFile()) return { video: { ...video, bytes: video.bytes ?? stats.size } }
      return { video, missing: line === undefined ? video.uri : `${video.uri} (line ${line})` }
    }),
  )
  const missing = sized.flatMap(({ missing = [] }) => missing)
  if (missing.length === 0) return sized.map(({ video }) => video)
  const named = missing.slice(0, namedFiles).join(', ')
  const more = missing.length > namedFiles ? ` and ${missing.length - namedFiles} more` : ''
  throw new InputError(
    `Cannot read ${list}: ${missing.length} of ${entries.length} videos are not there or no files: ${named}${more}`,
  )
}
