import { isDeepStrictEqual } from 'node:util'
import { flagOf, settings } from '../config.js'
import { OutputError, UsageError } from '../errors.js'
import type { SharedStore } from '../storage/store.js'
import { Claim, isClaim } from './claim.js'
import { checkpointFolder } from './part.js'
import { type Past, readPast } from './past.js'

/** What a run is made from, as its manifest begins: the same gives the same bytes. */
export interface Origin {
  readonly video: { readonly sha256: string; readonly [key: string]: unknown }
  /** Unknown when it was the system before that found the players. */
  readonly model: { readonly name: string; readonly sha256: string } | null
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
 * Begins a run, or goes on with one. A new one costs three requests: a list and two writes.
 * @param version of the program: another may make other bytes.
 * @throws UsageError when the run was begun from something else; OutputError when what is there is no run that
 * can be gone on with; CropstreamError `busy` when another process works on it.
 */
export async function openRun(store: SharedStore, origin: Origin, version: string): Promise<OpenedRun> {
  const listed = (await store.list('')).sort((a, b) => (a.path < b.path ? -1 : 1))
  const paths = listed.map(({ path }) => path)
  if (paths.includes(manifestPath)) return { complete: await readManifest(store, origin, paths) }
  const begun = paths.includes(originPath) ? await store.read(originPath) : undefined
  if (begun === undefined && paths.some(path => !path.startsWith(checkpointFolder))) {
    throw new OutputError(
      `Cannot write ${store.root}: something else is there that has no checkpoint; remove it or choose another --run-guid`,
    )
  }
  if (begun !== undefined) checkSame(store, { ...origin, version }, JSON.parse(begun.toString()))
  const claim = await Claim.on(store, listed)
  try {
    if (begun === undefined) {
      await store.write(originPath, Buffer.from(`${JSON.stringify({ ...origin, version })}\n`))
      return { claim, past: await readPast(store, []) }
    }
    // Whoever had it before may have got further, or to the end, since we looked.
    const now = (await store.adopt()).map(({ path }) => path).filter(path => path !== claim.path)
    if (now.includes(originPath) && !now.includes(manifestPath)) {
      return { claim, past: await readPast(store, now) }
    }
  } catch (error) {
    await claim[Symbol.asyncDispose]()
    throw error
  }
  await claim[Symbol.asyncDispose]()
  return openRun(store, origin, version)
}

/**
 * Removes what was kept for going on: the run is complete, or there is nothing to go on with.
 * @param paths of what there is, among others.
 */
export async function forget(store: SharedStore, paths: readonly string[]): Promise<void> {
  const kept = paths.filter(path => path.startsWith(checkpointFolder))
  // Claims go last: until then nobody else begins.
  await Promise.all(kept.filter(path => !isClaim(path)).map(path => store.remove(path)))
  await Promise.all(kept.filter(isClaim).map(path => store.remove(path)))
}

async function readManifest(
  store: SharedStore,
  origin: Origin,
  paths: readonly string[],
): Promise<CompleteManifest> {
  const bytes = await store.read(manifestPath)
  const manifest = JSON.parse(String(bytes)) as CompleteManifest
  checkSame(store, origin, manifest)
  // Killed between the manifest and this: nobody needs it any more.
  await forget(store, paths)
  return manifest
}

function checkSame(store: SharedStore, now: Origin, then: Origin): void {
  const changes = [
    ...(now.video.sha256 === then.video.sha256 ? [] : ['another video']),
    ...(now.model?.sha256 === then.model?.sha256 ? [] : [`another model (${then.model?.name})`]),
    ...(isDeepStrictEqual(now['earlier'], then['earlier']) ? [] : ['another earlier run']),
    ...('version' in now && now['version'] !== then['version']
      ? [`another version of cropstream (${then['version']})`]
      : []),
    ...Object.keys(settings).flatMap(key => {
      const [was, is] = [then.options[key], now.options[key]]
      // As JSON says them: what is undefined now is missing there.
      return isDeepStrictEqual(was, is) ? [] : [`${flagOf(key)} ${say(was)}, which is ${say(is)} now`]
    }),
  ]
  if (changes.length === 0) return
  throw new UsageError(
    `Cannot go on with ${store.root}: it was begun with ${changes.join(', ')}; give the same again, or choose another --run-guid`,
  )
}

const say = (value: unknown): string => (value === undefined ? 'unset' : JSON.stringify(value))
