import { z } from 'zod'
import { InputError } from '../common/errors.js'
import { jsonOf, parseJson } from '../common/parse-json.js'
import type { SharedStore } from '../storage/store.js'
import type { RunInfo } from './contract.js'

/** The part of `manifest.json` that an export needs; see docs/formats.md. */
const manifestSchema = z.object({
  format: z.literal('cropstream/1'),
  video: z.object({ video_guid: z.string().regex(/^[\w-]{1,100}$/) }),
  split: z.object({ by: z.enum(['time', 'identity']) }),
  objects: z.array(z.object({ path: z.string(), sha256: z.string() })),
  dataset_sha256: z.string(),
})

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
  /** All objects of the run, read when they are asked for: there may be a hundred thousand. */
  objects(): Promise<readonly { readonly path: string; readonly sha256: string }[]>
}

/** Of any version; other programs have files of this name, too. */
const ownSchema = z.object({ format: z.string().startsWith('cropstream/') })

/**
 * Undefined when the manifest is not that of a run.
 * @throws InputError when the files of the run are missing or malformed.
 */
export async function readRun(store: SharedStore): Promise<StoredRun | undefined> {
  const manifest = await readText(store, 'manifest.json')
  if (!ownSchema.safeParse(jsonOf(manifest.text, manifest.name)).success) return undefined
  const { video, split, dataset_sha256, objects } = parseText(manifestSchema, manifest)
  const metadata = parseText(metadataSchema, await readText(store, 'metadata.json'))
  const { original_name, width, height, fps, frame_count } = metadata
  return {
    store,
    info: {
      location: store.root,
      videoGuid: video.video_guid,
      datasetSha256: dataset_sha256,
      name: original_name,
      ...{ width, height, fps, frameCount: frame_count, split },
      hasPictures: objects.some(({ path }) => isPicture(path)),
    },
    objects: async () => parseText(manifestSchema, await readText(store, 'manifest.json')).objects,
  }
}

/** Reads an object that must be there. @throws InputError */
export async function readObject(store: SharedStore, path: string): Promise<Buffer> {
  const bytes = await store.read(path)
  if (bytes === undefined) throw new InputError(`Cannot read ${store.root}/${path}: there is no such object`)
  return bytes
}

/** A text with its name, for errors. */
interface Text {
  readonly text: string
  readonly name: string
}

const readText = async (store: SharedStore, path: string): Promise<Text> => ({
  text: (await readObject(store, path)).toString(),
  name: `${store.root}/${path}`,
})

const parseText = <T>(schema: z.ZodType<T>, { text, name }: Text): T =>
  parseJson(schema, text, name, '; export takes runs of cropstream 0.2 and later')

/** Whether an object is the picture of a whole frame. */
export const isPicture = (path: string): boolean => path.startsWith('selected_frames/')
