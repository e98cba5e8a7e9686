import { z } from 'zod'
import { InputError } from '../common/errors.js'
import { parseJson } from '../common/parse-json.js'
import type { SharedStore, StoredObject } from '../storage/store.js'
import { readPieces } from './read-object.js'

const objectSchema = z.object({ path: z.string(), bytes: z.int().min(0), sha256: z.string() })

/** The part of `manifest.json` that an export needs; see docs/formats.md. */
const manifestSchema = z.object({
  format: z.literal('cropstream/1'),
  video: z.object({ video_guid: z.string().regex(/^[\w-]{1,100}$/) }),
  split: z.object({ by: z.enum(['time', 'identity']) }),
  /** Those that are not on a line of their own. */
  objects: z.array(objectSchema),
  dataset_sha256: z.string(),
})

const name = 'manifest.json'
const remedy = '; export takes runs of cropstream 0.2 and later'

/** An object, one a line, as `Manifest` writes it: of a whole game there are a million, which are never held together. */
const objectLine = /^ {4}(\{"path".*\}),?$/

/** Of any version. */
const ownSchema = z.object({ format: z.string().startsWith('cropstream/') })

/** Its first field: one that is truncated is damaged, and not of another program. */
const ownStart = /^\s*\{\s*"format"\s*:\s*"cropstream\//

/** Other programs have files of this name, too. */
export class ForeignManifest extends InputError {
  /** @param why as in "which is empty". */
  constructor(
    readonly path: string,
    readonly why: string,
  ) {
    super(`Cannot read ${path}, which ${why}`)
  }
}

/** Reads all but the objects. @throws InputError when the manifest is missing or malformed, or a `ForeignManifest`. */
export async function readManifest(store: SharedStore): Promise<z.infer<typeof manifestSchema>> {
  const lines: string[] = []
  for await (const line of linesOf(readPieces(store, name))) if (!objectLine.test(line)) lines.push(line)
  const [text, path] = [lines.join('\n'), `${store.root}/${name}`]
  if (text.trim() === '') throw new ForeignManifest(path, 'is empty')
  if (!ownStart.test(text) && !isOwn(text)) throw new ForeignManifest(path, 'no run of cropstream wrote')
  return parseJson(manifestSchema, text, path, remedy)
}

function isOwn(text: string): boolean {
  try {
    return ownSchema.safeParse(JSON.parse(text)).success
  } catch {
    return false
  }
}

/** The objects of a run in their order. @param others those that `readManifest` gives: of a manifest that was formatted anew. */
export async function* readObjects(
  store: SharedStore,
  others: readonly StoredObject[],
): AsyncGenerator<StoredObject> {
  for await (const line of linesOf(readPieces(store, name))) {
    const [, object] = objectLine.exec(line) ?? []
    if (object !== undefined) yield parseJson(objectSchema, object, `${store.root}/${name}`, remedy)
  }
  yield* others
}

async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0)
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece])
    let start = 0
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      yield bytes.toString('utf8', start, end)
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
  if (rest.length > 0) yield rest.toString()
}
