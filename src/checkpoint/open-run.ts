import { isDeepStrictEqual } from 'node:util'
import { OutputError, UsageError } from '../common/errors.js'
import { flagOf } from '../settings/configure.js'
import type { ListedObject, SharedStore } from '../storage/store.js'
import { checkpointFolder, damaged } from './checkpoint-segment.js'
import { RunLease } from './run-lease.js'

/** The inputs of a run, as at the start of its manifest: equal inputs give equal bytes. */
export interface Origin {
  readonly video: { readonly sha256: string; readonly [key: string]: unknown }
  /** Null when the detections are from the system that cropstream replaces. */
  readonly model: {
    readonly name: string
    readonly sha256: string
    /** Family, preprocessing, classes: what a models.json beside the file may change. */
    readonly used_as?: Readonly<Record<string, unknown>> | undefined
  } | null
  readonly options: Readonly<Record<string, unknown>>
  /** Set for a run that started from an earlier one. */
  readonly earlier?: { readonly detections_sha256: string; readonly review?: object }
  /** Version of cropstream; not in the manifest. */
  readonly version?: string
}

/** The manifest of a complete run. */
export interface CompleteManifest extends Origin {
  readonly frames: number
  readonly tracks: number
  /** Older runs have none: they counted all as `tracks`. */
  readonly tracks_seen?: number
  readonly cuts: number
  readonly images: number
  readonly dataset_bytes: number
  readonly dataset_sha256: string
  readonly steps: Readonly<
    Record<
      string,
      {
        in: number
        out: number
        dropped: Readonly<Record<string, number>>
        flagged?: Readonly<Record<string, number>>
      }
    >
  >
}

/** A complete run, or one to work on, with its lease and the objects in its store. */
export type OpenedRun =
  | { readonly complete: CompleteManifest }
  | {
      readonly complete?: undefined
      readonly listed: readonly ListedObject[]
      /** None for a run without checkpoints. */
      readonly lease: RunLease | undefined
    }

export const originPath = `${checkpointFolder}run.json`
const manifestPath = 'manifest.json'

/**
 * Starts a run, or resumes one. A new one costs three requests: a list and two writes.
 * @param checkpoints false to write nothing: then only an empty folder can be used.
 * @throws UsageError when the run was started from something else; OutputError when the folder holds something
 * that is not a resumable run; CropstreamError `busy` when another process works on it.
 */
export async function openRun(store: SharedStore, origin: Origin, checkpoints = true): Promise<OpenedRun> {
  const found = await store.list('')
  const complete = await manifestAmong(store, found, origin)
  if (complete !== undefined) return { complete }
  if (!checkpoints) {
    if (found.length === 0) return { listed: [], lease: undefined }
    throw new OutputError(
      `Cannot write ${store.root}: it holds an incomplete run, which --no-checkpoints cannot continue; choose another --run-guid`,
    )
  }
  if (!holds(found, originPath) && found.some(({ path }) => !path.startsWith(checkpointFolder))) {
    throw new OutputError(
      `Cannot write ${store.root}: it holds something else, without a checkpoint; remove it or choose another --run-guid`,
    )
  }
  const lease = await RunLease.acquire(store, found)
  try {
    // The previous holder of the lease may have made progress, or completed the run, since the listing.
    const listed = found.length === 0 ? [] : await store.indexExisting()
    const complete = await manifestAmong(store, listed, origin)
    if (complete !== undefined) {
      await lease[Symbol.asyncDispose]()
      return { complete }
    }
    const earlier = holds(listed, originPath) ? await readJson<Origin>(store, originPath) : undefined
    if (earlier !== undefined) checkSame(store, origin, earlier)
    else await store.write(originPath, Buffer.from(`${JSON.stringify(origin)}\n`))
    return { lease, listed: listed.filter(({ path }) => path !== lease.path) }
  } catch (error) {
    await lease[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * Removes the checkpoint of a run: it is complete, or there is nothing to resume.
 * @param paths of all objects of the run, except its own lease, which is released last.
 */
export async function removeCheckpoint(store: SharedStore, paths: readonly string[]): Promise<void> {
  const kept = paths.filter(path => path.startsWith(checkpointFolder))
  await Promise.all(kept.filter(path => path !== originPath).map(path => store.remove(path)))
  // Last: without it the other objects would not be recognized as those of a run.
  if (kept.includes(originPath)) await store.remove(originPath)
}

/**
 * Removes the checkpoint of a complete run. Where the storage keeps it, as under a retention policy, that is no
 * failure: the dataset is complete.
 * @param paths of all objects of the run. Default: as listed.
 */
export async function tidyUp(
  store: SharedStore,
  warn: (message: string) => void,
  paths?: readonly string[],
): Promise<void> {
  try {
    const all = paths ?? (await store.list(checkpointFolder)).map(({ path }) => path)
    await removeCheckpoint(store, all)
  } catch (error) {
    if (!(error instanceof OutputError)) throw error
    warn(`the run is complete, but its checkpoint could not be removed: ${error.message}`)
  }
}

/** The options of the run in a store, complete or not; undefined for a new one. */
export async function recordedOptions(store: SharedStore): Promise<Origin['options'] | undefined> {
  const origin = (await readJson<Origin>(store, manifestPath)) ?? (await readJson<Origin>(store, originPath))
  return origin?.options
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

/** Reads an object that only cropstream writes; undefined when it is missing. */
async function readJson<T>(store: SharedStore, path: string): Promise<T | undefined> {
  const bytes = await store.read(path)
  try {
    return bytes && (JSON.parse(bytes.toString()) as T)
  } catch (cause) {
    throw damaged(`${store.root}/${path}`, cause)
  }
}

/** @returns `then`. @throws UsageError that names every difference. */
export function checkSame<T extends Origin>(store: SharedStore, now: Origin, then: T): T {
  const differs = (a: unknown, b: unknown) => !isDeepStrictEqual(a, b)
  const options = new Set([...Object.keys(then.options), ...Object.keys(now.options)])
  const changes = [
    ...(now.video.sha256 === then.video.sha256 ? [] : ['another video']),
    ...(now.model?.sha256 === then.model?.sha256 ? [] : [`another model (${then.model?.name})`]),
    ...(now.model?.sha256 === then.model?.sha256 && differs(now.model?.used_as, then.model?.used_as)
      ? ['the model used in another way (--model-family, or the models.json beside it)']
      : []),
    ...(differs(now.earlier, then.earlier) ? ['another earlier run'] : []),
    ...(now.version === then.version || then.version === undefined
      ? []
      : [`another version of cropstream (${then.version})`]),
    ...[...options].flatMap(key => {
      const [was, is] = [then.options[key], now.options[key]]
      return differs(was, is) ? [`${flagOf(key)} ${shown(was)}, which is ${shown(is)} now`] : []
    }),
  ]
  if (changes.length === 0) return then
  throw new UsageError(
    `Cannot resume ${store.root}: it was started with ${changes.join(', ')}; give the same again, or choose another --run-guid`,
  )
}

const shown = (value: unknown): string => (value === undefined ? 'unset' : JSON.stringify(value))
