import { isDeepStrictEqual } from 'node:util'
import { flagOf, settings } from '../config.js'
import { OutputError, UsageError } from '../errors.js'
import type { ListedObject, SharedStore } from '../storage/store.js'
import { Claim } from './claim.js'
import { checkpointFolder, damaged } from './part.js'
import { type Past, readPast } from './past.js'

/** What a run is made from, as its manifest begins: the same gives the same bytes. */
export interface Origin {
  readonly video: { readonly sha256: string; readonly [key: string]: unknown }
  readonly model: { readonly name: string; readonly sha256: string }
  readonly options: Readonly<Record<string, unknown>>
  readonly [key: string]: unknown
}

/** The little of a complete run's manifest that is asked for again. */
export interface CompleteManifest extends Origin {
  readonly frames: number
  readonly tracks: number
  readonly cuts: number
  readonly images: number
  readonly dataset_bytes: number
  readonly dataset_sha256: string
  readonly steps: Readonly<
    Record<string, { in: number; out: number; dropped: Readonly<Record<string, number>> }>
  >
}

/** A run that is complete already, or one to work on, alone, from where `past` ends. */
export type OpenedRun =
  | { readonly complete: CompleteManifest }
  | { readonly complete?: undefined; readonly past: Past; readonly claim: Claim }

export const originPath = `${checkpointFolder}run.json`
const manifestPath = 'manifest.json'

/**
 * Begins a run, or goes on with one.
 * @param version of the program: another may make other bytes.
 * @throws UsageError when the run was begun from something else; OutputError when what is there is no run that
 * can be gone on with; CropstreamError `busy` when another process works on it.
 */
export async function openRun(store: SharedStore, origin: Origin, version: string): Promise<OpenedRun> {
  const finished = await readManifest(store)
  if (finished !== undefined) return { complete: checkSame(store, origin, finished) }
  const there = await store.list('')
  const begun = (objects: readonly ListedObject[]) => objects.some(({ path }) => path === originPath)
  if (!begun(there) && there.some(({ path }) => !path.startsWith(checkpointFolder))) {
    throw new OutputError(
      `Cannot write ${store.root}: something else is there that has no checkpoint; remove it or choose another --run-guid`,
    )
  }
  const claim = await Claim.on(store, there)
  try {
    const adopted = await store.adopt()
    // It may have been completed while we looked.
    const complete = adopted.some(({ path }) => path === manifestPath) ? await readManifest(store) : undefined
    if (complete !== undefined) {
      await claim[Symbol.asyncDispose]()
      return { complete: checkSame(store, origin, complete) }
    }
    const then = begun(adopted) ? await readJson<Origin>(store, originPath) : undefined
    if (then !== undefined) checkSame(store, { ...origin, version }, then)
    else await store.write(originPath, Buffer.from(`${JSON.stringify({ ...origin, version })}\n`))
    return { claim, past: await readPast(store, adopted) }
  } catch (error) {
    await claim[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * Removes what was kept for going on: the run is complete, or there is nothing to go on with.
 * @param own claim, which goes last, when it is given up: until then nobody else begins.
 */
export async function forget(store: SharedStore, own?: Claim): Promise<void> {
  const paths = (await store.list(checkpointFolder)).map(({ path }) => path)
  const others = paths.filter(path => path !== own?.path && path !== originPath)
  await Promise.all(others.map(path => store.remove(path)))
  // What the rest was about goes after it.
  if (paths.includes(originPath)) await store.remove(originPath)
}

/** Undefined when the run is not complete. */
export const readManifest = (store: SharedStore): Promise<CompleteManifest | undefined> =>
  readJson<CompleteManifest>(store, manifestPath)

/** What we wrote ourselves; undefined when it is not there. */
async function readJson<T>(store: SharedStore, path: string): Promise<T | undefined> {
  const bytes = await store.read(path)
  try {
    return bytes && (JSON.parse(bytes.toString()) as T)
  } catch (cause) {
    throw damaged(`${store.root}/${path}`, cause)
  }
}

/** @returns `then`. @throws UsageError that names all that is another. */
export function checkSame<T extends Origin>(store: SharedStore, now: Origin, then: T): T {
  const changes = [
    ...(now.video.sha256 === then.video.sha256 ? [] : ['another video']),
    ...(now.model.sha256 === then.model.sha256 ? [] : [`another model (${then.model.name})`]),
    ...('version' in now && now['version'] !== then['version']
      ? [`another version of cropstream (${then['version']})`]
      : []),
    ...Object.keys(settings).flatMap(key => {
      const [was, is] = [then.options[key], now.options[key]]
      // As JSON says them: what is undefined now is missing there.
      return isDeepStrictEqual(was, is) ? [] : [`${flagOf(key)} ${say(was)}, which is ${say(is)} now`]
    }),
  ]
  if (changes.length === 0) return then
  throw new UsageError(
    `Cannot go on with ${store.root}: it was begun with ${changes.join(', ')}; give the same again, or choose another --run-guid`,
  )
}

const say = (value: unknown): string => (value === undefined ? 'unset' : JSON.stringify(value))
