import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { type Extract, extract } from 'tar-stream'
import { z } from 'zod'
import { InputError } from '../common/errors.js'
import { label } from '../common/label.js'
import { jsonOf } from '../common/parse-json.js'
import type { StoredObject } from '../storage/store.js'
import { changed, readPieces } from './read-object.js'
import type { StoredRun } from './read-run.js'
import { imagePath, type LocatedImage, type StoredImage } from './stored-image.js'

/** The images of a shard, which is compared with its hash. */
export async function* samplePictures(shard: StoredObject, run: StoredRun): AsyncGenerator<StoredImage> {
  for await (const [image, jpeg] of samplesIn(shard, run, hashedPieces(shard, run), contentOf)) {
    yield { ...image, jpeg }
  }
}

/** The same without the pictures; the shard is compared with its size. */
export async function* samplePlaces(shard: StoredObject, run: StoredRun): AsyncGenerator<LocatedImage> {
  for await (const [image] of samplesIn(shard, run, sizedPieces(shard, run), passOver)) yield image
}

/** A large object in pieces; one that has changed fails at its end, before what is made from it can be complete. */
async function* hashedPieces(shard: StoredObject, run: StoredRun): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const piece of readPieces(run.store, shard.path)) {
    hash.update(piece)
    yield piece
  }
  if (hash.digest('hex') !== shard.sha256) throw changed(run.store, shard.path)
}

async function* sizedPieces(shard: StoredObject, run: StoredRun): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const piece of readPieces(run.store, shard.path)) {
    bytes += piece.length
    yield piece
  }
  if (bytes !== shard.bytes) {
    throw new InputError(
      `Cannot read ${run.store.root}/${shard.path}: it has ${bytes} bytes, and ${shard.bytes} in the manifest`,
    )
  }
}

type Entry = Extract extends AsyncIterable<infer E> ? E : never

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

/**
 * The samples of a shard, whose entries follow one another: `.cls`, `.jpg`, `.json`.
 * @param read what is wanted of the entry of a picture.
 */
async function* samplesIn<Picture>(
  { path }: StoredObject,
  run: StoredRun,
  pieces: AsyncIterable<Buffer>,
  read: (entry: Entry) => Promise<Picture>,
): AsyncGenerator<[LocatedImage, Picture]> {
  const name = `${run.store.root}/${path}`
  const archive = extract()
  const reading = pipeline(pieces, archive)
  // Reported by the archive, too.
  reading.catch(() => {})
  let picture:
    | { readonly key: string; readonly read: Picture; readonly offset: number; readonly bytes: number }
    | undefined
  for await (const entry of archive) {
    const { name: file, size: bytes } = entry.header
    const [, key = '', extension] = /^(.*)\.(\w+)$/.exec(file) ?? []
    // An entry begins with a header of 512 bytes.
    if (extension === 'jpg') picture = { key, read: await read(entry), offset: entry.offset + 512, bytes }
    if (extension !== 'json') {
      await passOver(entry)
      continue
    }
    const content = await contentOf(entry)
    const record = recordSchema.safeParse(jsonOf(content.toString(), `${file} in ${name}`))
    if (!record.success || picture?.key !== key) {
      throw new InputError(`Cannot read ${name}: ${file} is not a sample of cropstream`)
    }
    const { subset, augmentation, track_id, frame_index, pts_ms, box, ...about } = record.data
    const image = {
      ...{ subset, augmentation, box, path: about.path, confidence: about.confidence },
      ...{ trackId: track_id, frameIndex: frame_index, ptsMs: pts_ms },
      ...{ classId: about.class_id, className: about.class_name, sharpness: about.sharpness },
      stored: { path, offset: picture.offset, bytes: picture.bytes },
    }
    yield [image, picture.read]
  }
}

async function contentOf(entry: Entry): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of entry) chunks.push(chunk as Buffer)
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) // it has one
}

async function passOver(entry: Entry): Promise<void> {
  entry.resume()
}
