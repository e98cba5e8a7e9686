import { resolve } from 'node:path'
import { originPath } from '../checkpoint/open-run.js'
import { InputError } from '../common/errors.js'
import { isGcsUrl } from '../storage/gcs.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { SharedStore } from '../storage/store.js'
import { inOrder } from './in-order.js'
import { ForeignManifest } from './read-manifest.js'
import { readRun, type StoredRun } from './read-run.js'

/** Runs that are read at once. */
const readAhead = 16

/**
 * Opens the complete runs at and below some locations, each once.
 * @param locations each the folder of a video or a run, or any folder or prefix of a bucket above.
 * @param warn called with what is there and left out.
 * @param signal of `readRun`.
 * @throws InputError for a location without a complete run, or for a run that cannot be read.
 */
export async function findRuns(
  locations: readonly string[],
  storage: StorageFactory,
  warn: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<StoredRun[]> {
  const found = await Promise.all(locations.map(location => below(location, storage)))
  const begun = [...new Set(found.flatMap(({ incomplete }) => incomplete))]
  if (begun.length > 0) warn(`left out: ${incompleteRuns(begun)}`)
  const stores = new Map(found.flatMap(({ complete }) => complete).map(store => [store.root, store]))
  const runs: StoredRun[] = []
  const read = (store: SharedStore) =>
    readRun(store, signal).catch(error => {
      if (error instanceof ForeignManifest) return error
      throw error
    })
  for await (const run of inOrder(stores.values(), readAhead, read)) {
    if (run instanceof ForeignManifest)
      warn(`left out: ${run.path}, which ${run.why}; give runs below it by themselves`)
    else runs.push(run)
  }
  if (runs.length === 0) throw nothingIn(locations.join(', '))
  return runs
}

async function below(
  location: string,
  storage: StorageFactory,
): Promise<{ complete: SharedStore[]; incomplete: string[] }> {
  // An index says where the images are, for whoever reads it, from any folder.
  const place = (isGcsUrl(location) ? location : resolve(location)).replace(/\/+$/, '')
  const top = await storage.at(place, 'RUN')
  const found = await top.find('manifest.json', 'run.json')
  const foldersOf = (name: string) =>
    found.flatMap(path => {
      const isOne = path === name || path.endsWith(`/${name}`)
      return isOne ? [path.slice(0, -name.length).replace(/\/$/, '')] : []
    })
  const complete = foldersOf('manifest.json').sort()
  // The checkpoint of a complete run stays where nothing can be removed.
  const incomplete = foldersOf(originPath)
    .filter(folder => !complete.includes(folder))
    .map(folder => (folder === '' ? place : `${place}/${folder}`))
  if (complete.length === 0) throw nothingIn(location, incomplete)
  return {
    complete: await Promise.all(
      complete.map(folder => (folder === '' ? top : storage.at(`${place}/${folder}`, 'RUN'))),
    ),
    incomplete,
  }
}

function nothingIn(location: string, incomplete: readonly string[] = []): InputError {
  const remedy =
    incomplete.length > 0 ? incompleteRuns(incomplete) : 'give the folder --out of a run, or one below'
  return new InputError(
    `Cannot export ${location}: there is no complete run in it (no manifest.json); ${remedy}`,
  )
}

function incompleteRuns(folders: readonly string[]): string {
  const [first, ...others] = folders
  const what = others.length === 0 ? '1 incomplete run' : `${folders.length} incomplete runs`
  return `${what} (${first}${others.length > 0 ? ', …' : ''}), to be completed with --resume`
}
