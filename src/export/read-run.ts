import { z } from 'zod'
import { parseJson } from '../common/parse-json.js'
import type { SharedStore, StoredObject } from '../storage/store.js'
import type { RunInfo } from './contract.js'
import { readManifest, readObjects } from './read-manifest.js'
import { readObject } from './read-object.js'

const metadataSchema = z.object({
  original_name: z.string(),
  width: z.int().min(1),
  height: z.int().min(1),
  fps: z.number().positive(),
  frame_count: z.int().min(1),
})

/** A complete run, ready to be read. */
export interface StoredRun {
  readonly store: SharedStore
  readonly info: Omit<RunInfo, 'number'>
  /** The objects of the run whose paths match, in the order of its manifest, which is read for each call. */
  objects(path: RegExp): AsyncIterable<StoredObject>
}

/**
 * @param signal ends the reading of the run before its next object, with its reason.
 * @throws InputError when the files of the run are missing or malformed.
 */
export async function readRun(store: SharedStore, signal?: AbortSignal): Promise<StoredRun> {
  signal?.throwIfAborted()
  const { video, split, dataset_sha256, objects } = await readManifest(store)
  const text = (await readObject(store, 'metadata.json')).toString()
  const metadata = parseJson(metadataSchema, text, `${store.root}/metadata.json`)
  const { original_name, width, height, fps, frame_count } = metadata
  return {
    store,
    info: {
      location: store.root,
      videoGuid: video.video_guid,
      datasetSha256: dataset_sha256,
      name: original_name,
      ...{ width, height, fps, frameCount: frame_count, split },
    },
    async *objects(path) {
      for await (const object of readObjects(store, objects)) {
        signal?.throwIfAborted()
        if (path.test(object.path)) yield object
      }
    },
  }
}
