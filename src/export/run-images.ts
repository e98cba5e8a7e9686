import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { z } from 'zod'
import { InputError } from '../common/errors.js'
import { label } from '../common/label.js'
import { jsonOf } from '../common/parse-json.js'
import type { SharedStore } from '../storage/store.js'
import type { Subset } from '../types.js'
import type { ExportImage } from './contract.js'
import { inOrder } from './in-order.js'
import { readObject, type StoredRun } from './read-run.js'
import { RunDetections } from './run-detections.js'

/** An image as a run stores it, without what the export adds. */
export type StoredImage = Omit<ExportImage, 'run' | 'identity'> & { readonly trackId: number }

/** Images that are read at once. */
const filesAhead = 16

const imagePath = /^datasets\/(train|val)\/track_(\d+)\/crop_frame_(\d+)_det_(\d+)(?:_aug(\d+))?\.jpg$/
const shardPath = /^datasets\/(train|val)\/\1-\d+\.tar$/

/**
 * The images of a run in the order of its manifest, each compared with its hash there.
 * @throws InputError for one that is missing or has changed.
 */
export async function* runImages(run: StoredRun): AsyncGenerator<StoredImage> {
  const objects = await run.objects()
  const shards = objects.filter(({ path }) => shardPath.test(path))
  for (const shard of shards) yield* shardImages(shard, run)
  const files = objects.filter(({ path }) => imagePath.test(path))
  if (files.length === 0) return
  const detections = await RunDetections.of(run)
  for await (const { path, bytes } of inOrder(files, filesAhead, object => readChecked(run, object))) {
    const [, subset, track, frame, at, variant = '0'] = imagePath.exec(path) ?? []
    const { index, ptsMs, boxes } = detections.at(Number(frame))
    const found = boxes[Number(at)]
    if (found?.trackId !== Number(track)) {
      throw new InputError(
        `Cannot export ${run.store.root}/${path}: detections.json does not list its player`,
      )
    }
    yield {
      ...found,
      ...{ subset: subset as Subset, augmentation: Number(variant), frameIndex: index, ptsMs, path },
      stored: { path, offset: 0, bytes: bytes.length },
      jpeg: bytes,
    }
  }
}

/** An object as the manifest lists it. */
type Listed = { readonly path: string; readonly sha256: string }

async function readChecked({ store }: StoredRun, { path, sha256 }: Listed) {
  const bytes = await readObject(store, path)
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw changed(store, path)
  return { path, bytes }
}

/** A large object in pieces; one that has changed fails at its end, before the export can be complete. */
async function* checkedPieces({ path, sha256 }: Listed, { store }: StoredRun): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of store.pieces(path)) {
    hash.update(piece)
    bytes += piece.length
    yield piece
  }
  if (bytes === 0) throw new InputError(`Cannot read ${store.root}/${path}: there is no such object`)
  if (hash.digest('hex') !== sha256) throw changed(store, path)
}

const changed = ({ root }: SharedStore, path: string): InputError =>
  new InputError(
    `Cannot export ${root}/${path}: it has changed since the run (its SHA-256 is not that of the manifest)`,
  )

/** The `.json` of a sample; see docs/formats.md. */
const recordSchema = z.object({
  path: z.string().regex(imagePath),
  subset: z.enum(['train', 'val']),
  track_id: z.int().min(1),
  frame_index: z.int().min(0),
  pts_ms: z.number(),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  confidence: z.number(),
  class_id: z.int(),
  class_name: label.nullable(),
  /** Older runs have none. */
  sharpness: z.number().nullable().default(null),
  augmentation: z.int().min(0),
})

/** Entries of a sample follow one another: `.cls`, `.jpg`, `.json`. */
async function* shardImages(shard: Listed, run: StoredRun): AsyncGenerator<StoredImage> {
  const { path } = shard
  const name = `${run.store.root}/${path}`
  const archive = extract()
  const reading = pipeline(checkedPieces(shard, run), archive)
  // Reported by the archive, too.
  reading.catch(() => {})
  let picture: { readonly key: string; readonly jpeg: Buffer; readonly offset: number } | undefined
  // Of the header of the next entry: a tar file is headers of 512 bytes and contents in blocks of as many.
  let at = 0
  for await (const entry of archive) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    const content = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) // it has one
    const offset = at + 512
    at = offset + Math.ceil(content.length / 512) * 512
    const [, key = '', extension] = /^(.*)\.(\w+)$/.exec(entry.header.name) ?? []
    if (extension === 'jpg') picture = { key, jpeg: content, offset }
    if (extension !== 'json') continue
    const record = recordSchema.safeParse(jsonOf(content.toString(), `${entry.header.name} in ${name}`))
    if (!record.success || picture?.key !== key) {
      throw new InputError(`Cannot read ${name}: ${entry.header.name} is not a sample of cropstream`)
    }
    const { subset, augmentation, track_id, frame_index, pts_ms, box, ...about } = record.data
    yield {
      ...{ subset, augmentation, box, path: about.path, confidence: about.confidence },
      ...{ trackId: track_id, frameIndex: frame_index, ptsMs: pts_ms },
      ...{ classId: about.class_id, className: about.class_name, sharpness: about.sharpness },
      stored: { path, offset: picture.offset, bytes: picture.jpeg.length },
      jpeg: picture.jpeg,
    }
  }
}
