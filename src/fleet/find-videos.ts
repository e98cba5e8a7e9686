import { readdir, realpath } from 'node:fs'
import { realpath as realPathOf } from 'node:fs/promises'
import { glob } from 'tinyglobby'
import { InputError } from '../common/errors.js'
import type { ClientOptions } from '../storage/client.js'
import { parseGcsUrl } from '../storage/gcs.js'
import { StorageFactory } from '../storage/storage-factory.js'
import type { ListedVideo } from './contract.js'

/** Of the files that are taken for videos. */
export const videoExtensions =
  'mp4 m4v mov mkv webm avi wmv asf flv f4v ts m2ts mts mpg mpeg m2v vob mxf 3gp 3g2 ogv dv'.split(' ')

const videoName = new RegExp(`\\.(${videoExtensions.join('|')})$`, 'i')
export const isVideoName = (path: string): boolean => videoName.test(path)

/** What runs wrote below a place that is searched: their previews and imported videos are no new videos. */
const runs = { glob: '**/user/process/*/run_*/**', path: /(^|\/)user\/process\/[^/]+\/run_[^/]+\// }
/** Of a disk with an ext file system, for root alone. */
const lostFiles = '**/lost+found/**'
const hidden = /(^|\/)\./

/**
 * Absolute paths of the videos below a folder, sorted. Symbolic links are followed, and a video to which several paths
 * lead is given once; hidden ones are left out.
 * @throws InputError for a folder that cannot be read, or a link that leads nowhere: its videos would be missed.
 */
export async function findVideos(folder: string, pattern = '**'): Promise<string[]> {
  const errors: NodeJS.ErrnoException[] = []
  const names: string[] = []
  const found = await glob(pattern, {
    cwd: folder,
    absolute: true,
    expandDirectories: false,
    ignore: [runs.glob, lostFiles],
    // Its errors are not reported otherwise.
    fs: { readdir: collecting(readdir, errors, names), realpath: collecting(realpath, errors) },
  })
  const unread = errors.find(({ syscall, code }) => syscall === 'scandir' && code !== 'ENOENT')
  if (unread !== undefined) throw new InputError(`Cannot read ${unread.path}: ${unread.message}`)
  const broken = errors.find(({ path = '' }) => isVideoName(path))
  if (broken !== undefined)
    throw new InputError(`Cannot read ${broken.path}: the link leads nowhere; mend or remove it`)
  const unmatched = names.find(name => name.includes('\n') && isVideoName(name))
  if (unmatched !== undefined)
    throw new InputError(`Cannot take ${unmatched} in ${folder}: its name has a line break; rename it`)
  // The last path to a file stays.
  const longestFirst = found.filter(isVideoName).sort((a, b) => b.length - a.length || (a < b ? 1 : -1))
  const real = longestFirst.map(async path => [await realPathOf(path).catch(() => path), path] as const)
  return [...new Map(await Promise.all(real)).values()].sort()
}

/** The videos below a prefix of a bucket, sorted. */
export async function findVideosInBucket(url: string, access: ClientOptions): Promise<ListedVideo[]> {
  const store = await new StorageFactory(url, access).at(url, 'LIST')
  const objects = await store.list('')
  return objects
    .filter(({ path }) => isVideoName(path) && !runs.path.test(path) && !hidden.test(path))
    .map(({ path, bytes }) => ({ uri: `${store.root}/${path}`, bytes }))
    .sort((a, b) => (a.uri < b.uri ? -1 : 1))
}

/** @throws InputError when there is no such object. */
export async function findVideoInBucket(url: string, access: ClientOptions): Promise<ListedVideo> {
  const { folder, name } = splitUrl(url)
  const store = await new StorageFactory(url, access).at(folder, 'LIST')
  const object = (await store.list(name)).find(({ path }) => path === name)
  if (object === undefined)
    throw new InputError(`Cannot read ${url}: there is no such object; check its name`)
  return { uri: `${folder}/${name}`, bytes: object.bytes }
}

/** The prefix of an object, and its name below it. */
export function splitUrl(url: string): { readonly folder: string; readonly name: string } {
  const { bucket, path } = parseGcsUrl(url, 'LIST')
  const slash = path.lastIndexOf('/')
  const folder = slash < 0 ? `gs://${bucket}` : `gs://${bucket}/${path.slice(0, slash)}`
  return { folder, name: path.slice(slash + 1) }
}

/** The same function, of which the errors, and the names of files, that it gives to its callback are kept too. */
function collecting<F extends (...args: never[]) => void>(call: F, errors: Error[], names: string[] = []): F {
  return new Proxy(call, {
    apply(target, self, args: unknown[]) {
      const done = args.pop() as (error: Error | null, ...rest: unknown[]) => void
      const noting: typeof done = (error, ...rest) => {
        if (error) errors.push(error)
        const [entries] = rest
        if (Array.isArray(entries)) names.push(...entries.map(({ name }) => String(name)))
        done(error, ...rest)
      }
      Reflect.apply(target, self, [...args, noting])
    },
  })
}
