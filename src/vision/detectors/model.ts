import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { expected, InputError } from '../../common/errors.js'
import { printable } from '../../common/printable.js'

/** A text that is printed and used as the value of a metric label. */
const label = z
  .string()
  .min(1)
  .max(100)
  .refine(text => printable(text) === text, 'no control characters')

const description = z.object({
  name: label,
  file: z.string(),
  sha256: z.string(),
  bytes: z.int().positive(),
  input: z.object({
    /** Both sides of the input are multiples of this many pixels. */
    multiple: z.int().positive(),
    /** Per channel, in the order blue, green, red: the network sees (value - mean) / std. */
    mean: z.tuple([z.number(), z.number(), z.number()]),
    std: z.tuple([z.number(), z.number(), z.number()]),
  }),
  /** The position of a name is its class id. */
  classes: z.array(label),
})

/** A verified model. Its bytes are in shared memory, so that all workers use one copy. */
export type Model = Readonly<z.infer<typeof description>> & {
  readonly onnx: Uint8Array<SharedArrayBuffer>
}

/** The weights bundled with the package. */
export const defaultModelPath = fileURLToPath(new URL('../../../models/nanodet.onnx', import.meta.url))

/**
 * Reads an ONNX model that is described by `models.json` in the same folder, and verifies the size and sha256 given
 * there.
 * @throws InputError when the model or its description is missing, unlisted, malformed or corrupt.
 */
export async function loadModel(path: string = defaultModelPath): Promise<Model> {
  const model = await describe(path)
  const onnx = await readShared(path, model.bytes)
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  if (sha256 !== model.sha256) {
    throw new InputError(
      `${expected(`sha256 ${model.sha256}`, path, sha256)}: the file is corrupt or another model`,
    )
  }
  return { ...model, onnx }
}

async function describe(path: string): Promise<z.infer<typeof description>> {
  const list = join(dirname(path), 'models.json')
  let json: unknown
  try {
    json = JSON.parse(await readFile(list, 'utf8'))
  } catch (cause) {
    if (!existsSync(path)) {
      const message = `Cannot read the model ${path}: there is no such file, nor ${list} to describe it`
      throw new InputError(message, { cause })
    }
    throw new InputError(`Cannot read ${list}, which must describe the model ${path}: ${reason(cause)}`, {
      cause,
    })
  }
  const listed = z.array(z.looseObject({ file: z.string() })).safeParse(json)
  if (!listed.success) throw new InputError(expected('an array of descriptions of models', list, json))
  const found = listed.data.find(entry => entry.file === basename(path))
  if (!found) {
    const known = listed.data.map(entry => entry.file).join(', ')
    throw new InputError(expected(`a model that ${list} lists (${known})`, 'the model', basename(path)))
  }
  const { data, error } = description.safeParse(found)
  const [issue] = error?.issues ?? []
  if (issue) throw new InputError(`${list}: ${found.file}: ${issue.path.join('.')}: ${issue.message}`)
  return data! // success: there is no issue
}

async function readShared(path: string, bytes: number): Promise<Uint8Array<SharedArrayBuffer>> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const { size } = await file.stat()
    if (size !== bytes) throw new InputError(expected(`${bytes} bytes`, path, size))
    const shared = new Uint8Array(new SharedArrayBuffer(bytes))
    for (let at = 0; at < bytes; ) {
      const { bytesRead } = await file.read(shared, at, bytes - at, at)
      if (bytesRead === 0) throw new InputError(expected(`${bytes} bytes`, path, at))
      at += bytesRead
    }
    return shared
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw new InputError(`Cannot read the model ${path}: ${reason(cause)}`, { cause })
  } finally {
    await file?.close()
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
