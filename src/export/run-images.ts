import { createHash } from 'node:crypto'
import { InputError } from '../common/errors.js'
import type { StoredObject } from '../storage/store.js'
import type { Subset } from '../types.js'
import { inOrder } from './in-order.js'
import { changed, readObject } from './read-object.js'
import type { StoredRun } from './read-run.js'
import { RunDetections } from './run-detections.js'
import { samplePictures, samplePlaces } from './shard-images.js'
import { imagePath, type LocatedImage, type StoredImage, shardPath } from './stored-image.js'

/** Images that are read at once. */
const filesAhead = 16

/**
 * The images of a run in the order of its manifest, each compared with its hash there.
 * @throws InputError for one that is missing or has changed.
 */
export async function* runImages(run: StoredRun): AsyncGenerator<StoredImage> {
  for await (const shard of run.objects(shardPath)) yield* samplePictures(shard, run)
  const read = async (file: StoredObject) => readChecked(run, file)
  let detections: RunDetections | undefined
  for await (const [file, jpeg] of inOrder(run.objects(imagePath), filesAhead, read)) {
    detections ??= await RunDetections.of(run)
    yield { ...fileImage(file, run, detections), jpeg }
  }
}

/**
 * The same without the pictures. Files are not opened: the manifest and detections.json say all of them. Shards are
 * read, and compared with their size in the manifest.
 * @throws InputError for a shard that is missing or has another size.
 */
export async function* locateImages(run: StoredRun): AsyncGenerator<LocatedImage> {
  let detections: RunDetections | undefined
  for await (const object of run.objects(/^datasets\//)) {
    if (shardPath.test(object.path)) yield* samplePlaces(object, run)
    else if (imagePath.test(object.path)) {
      detections ??= await RunDetections.of(run)
      yield fileImage(object, run, detections)
    }
  }
}

async function readChecked({ store }: StoredRun, file: StoredObject): Promise<[StoredObject, Buffer]> {
  const bytes = await readObject(store, file.path)
  if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) throw changed(store, file.path)
  return [file, bytes]
}

/** As its name and the entry of its frame say. */
function fileImage({ path, bytes }: StoredObject, run: StoredRun, detections: RunDetections): LocatedImage {
  const [, subset, track, frame, at, variant = '0'] = imagePath.exec(path) ?? []
  const { index, ptsMs, boxes } = detections.at(Number(frame))
  const found = boxes[Number(at)]
  if (found?.trackId !== Number(track)) {
    throw new InputError(`Cannot read ${run.store.root}/${path}: detections.json does not list its player`)
  }
  return {
    ...found,
    ...{ subset: subset as Subset, augmentation: Number(variant), frameIndex: index, ptsMs, path },
    stored: { path, offset: 0, bytes },
  }
}
