import { resolve } from 'node:path'
import { InputError } from '../common/errors.js'
import { isGcsUrl } from '../storage/gcs.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { SharedStore } from '../storage/store.js'

/**
 * The complete runs at and below a location, by path.
 * @param location the folder of a video or a run, or any folder or prefix of a bucket above.
 * @throws InputError when there is none.
 */
export async function findRuns(location: string, storage: StorageFactory): Promise<SharedStore[]> {
  // An index says where the images are, for whoever reads it, from any folder.
  const place = isGcsUrl(location) ? location : resolve(location)
  const top = await storage.at(place, 'RUN')
  const found = await top.find('manifest.json')
  if (found.length === 0) {
    throw new InputError(
      `Cannot export ${location}: there is no complete run in it (no manifest.json); give the folder --out of a run, or one below`,
    )
  }
  const folders = found.map(path => path.slice(0, -'/manifest.json'.length)).sort()
  return Promise.all(
    folders.map(folder =>
      folder === '' ? top : storage.at(`${place.replace(/\/+$/, '')}/${folder}`, 'RUN'),
    ),
  )
}
