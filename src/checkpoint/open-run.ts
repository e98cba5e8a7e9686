import { isDeepStrictEqual } from 'node:util'
import { OutputError, UsageError } from '../common/errors.js'
import { flagOf, settings } from '../job/config.js'
import type { ListedObject, SharedStore } from '../storage/store.js'
import { checkpointFolder, damaged } from './checkpoint-segment.js'
import { RunLease } from './run-lease.js'

/** What a run is made from, as its manifest begins: the same gives the same bytes. */
export interface Origin {
  readonly video: { readonly sha256: string; readonly [key: string]: unknown }
  /** Unknown when it was the system before that found the players. */
  readonly model: { readonly name: string; readonly sha256: string } | null
  readonly options: Readonly<Record<string, unknown>>
  /** Of a run that began with an earlier one's findings. */
  readonly earlier?: { readonly detections_sha256: string }
  /** Of the program; a manifest does not say it. */
  readonly version?: string
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

/** A run that is complete already, or one to work on, alone, with what `listed` there is of it. */
export type OpenedRun =
  | { readonly complete: CompleteManifest }
  | { readonly complete?: undefined; readonly listed: readonly ListedObject[]; readonly claim: RunLease }

export const originPath = `${checkpointFolder}run.json`
const manifestPath = 'manifest.json'

/**
 * Begins a run, or goes on with one. A new one costs three requests: a list and two writes.
 * @throws UsageError when the run was begun from something else; OutputError when what is there is no run that
 * can be gone on with; CropstreamError `busy` when another process works on it.
 */
export async function openRun(store: SharedStore, origin: Origin): Promise<OpenedRun> {
  const there = await store.list('')
  const complete = await manifestAmong(store, there, origin)
  if (complete !== undefined) return { complete }
  if (!holds(there, originPath) && there.some(({ path }) => !path.startsWith(checkpointFolder))) {
    throw new OutputError(
      `Cannot write ${store.root}: something else is there that has no checkpoint; remove it or choose another --run-guid`,
    )
  }
  const claim = await RunLease.on(store, there)
  try {
    // Whoever had it before may have got further, or to the end, since we looked.
    const listed = there.length === 0 ? [] : await store.indexExisting()
    const complete = await manifestAmong(store, listed, origin)
    if (complete !== undefined) {
      await claim[Symbol.asyncDispose]()
      return { complete }
    }
    const then = holds(listed, originPath) ? await readJson<Origin>(store, originPath) : undefined
    if (then !== undefined) checkSame(store, origin, then)
    else await store.write(originPath, Buffer.from(`${JSON.stringify(origin)}\n`))
    return { claim, listed: listed.filter(({ path }) => path !== claim.path) }
  } catch (error) {
    await claim[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * Removes what was kept for going on: the run is complete, or there is nothing to go on with.
 * @param paths of what there is, among others, but for a claim of one's own, which is given up last.
 */
export async function forget(store: SharedStore, paths: readonly string[]): Promise<void> {
  const kept = paths.filter(path => path.startsWith(checkpointFolder))
  await Promise.all(kept.filter(path => path !== originPath).map(path => store.remove(path)))
  // What the rest was about goes after it.
  if (kept.includes(originPath)) await store.remove(originPath)
}

/** The same for a run that somebody else has completed, and did not live to tidy up. */
export async function tidyUp(store: SharedStore): Promise<void> {
  const listed = await store.list(checkpointFolder)
  await forget(
    store,
    listed.map(({ path }) => path),
  )
}

/** Undefined when the run is not complete. */
export const readManifest = (store: SharedStore): Promise<CompleteManifest | undefined> =>
  readJson<CompleteManifest>(store, manifestPath)

async function manifestAmong(
  store: SharedStore,
  listed: readonly ListedObject[],
  origin: Origin,
): Promise<CompleteManifest | undefined> {
  const manifest = holds(listed, manifestPath) ? await readManifest(store) : undefined
  return manifest && checkSame(store, origin, manifest)
}

const holds = (listed: readonly ListedObject[], wanted: string): boolean =>
  listed.some(({ path }) => path === wanted)

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
    ...(now.model?.sha256 === then.model?.sha256 ? [] : [`another model (${then.model?.name})`]),
    ...(isDeepStrictEqual(now.earlier, then.earlier) ? [] : ['another earlier run']),
    ...(now.version === then.version || then.version === undefined
      ? []
      : [`another version of cropstream (${then.version})`]),
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
