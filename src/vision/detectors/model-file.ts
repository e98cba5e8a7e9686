import { createHash } from 'node:crypto'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { expected, InputError } from '../../common/errors.js'
import { type OnnxFile, readOnnx } from './onnx-file.js'

type Shared = Uint8Array<SharedArrayBuffer>

/** Weights in a file beside the model. */
export interface ExternalWeights {
  /** As the model names it. */
  readonly name: string
  readonly bytes: Shared
}

/** The bytes of a model. They are in shared memory, so that all workers use one copy. */
export interface ModelBytes {
  readonly onnx: Shared
  readonly external: readonly ExternalWeights[]
}

export interface ModelFile extends ModelBytes {
  readonly file: OnnxFile
  /** Of the file, followed by those of its external weights. */
  readonly sha256: string
}

/** Larger models are refused, before they are read into memory. */
const maxBytes = 2 ** 30
/** Networks with more nodes are refused: ONNX Runtime would take minutes and gigabytes to load them. */
const maxNodes = 20_000

export const sizeOf = ({ onnx, external }: ModelBytes): number =>
  external.reduce((sum, { bytes }) => sum + bytes.length, onnx.length)

/**
 * Reads a model and the weights that it keeps in files beside it.
 * @param size of the file, where it is known.
 * @throws InputError
 */
export async function readModelFile(path: string, size?: number): Promise<ModelFile> {
  const what = `the model ${path}`
  const onnx = await readShared(path, what, maxBytes, size)
  const file = parse(onnx, path)
  if (file.nodes > maxNodes) throw new InputError(expected(`at most ${maxNodes} nodes`, what, file.nodes))
  const external: ExternalWeights[] = []
  for (const name of [...file.external].sort()) {
    const free = maxBytes - sizeOf({ onnx, external })
    const bytes = await readShared(await pathBeside(path, name), `the weights ${name} of ${what}`, free)
    external.push({ name, bytes })
  }
  const hash = createHash('sha256').update(onnx)
  for (const { bytes } of external) hash.update(bytes)
  return { onnx, external, file, sha256: hash.digest('hex') }
}

function parse(onnx: Uint8Array, path: string): OnnxFile {
  try {
    return readOnnx(onnx)
  } catch (cause) {
    throw new InputError(`Cannot read the model ${path}: it is not an ONNX file, or cut short`, { cause })
  }
}

/** Path of a file in the model's folder. A downloaded model could name any file of the user. @throws InputError */
async function pathBeside(path: string, name: string): Promise<string> {
  const outside = () =>
    new InputError(`Cannot use the model ${path}: its weights are in a file outside of its folder (${name})`)
  if (name !== basename(name) || name === '..') throw outside()
  const folder = await realpath(dirname(path))
  let found: string
  try {
    found = await realpath(join(folder, name))
  } catch (cause) {
    throw new InputError(`Cannot use the model ${path}: its weights are in ${name}, which is not beside it`, {
      cause,
    })
  }
  if (dirname(found) !== folder) throw outside()
  return found
}

async function readShared(path: string, what: string, limit: number, known?: number): Promise<Shared> {
  let file: FileHandle | undefined
  try {
    // To open a pipe would wait for its writer.
    if (!(await stat(path)).isFile()) throw new InputError(`Cannot read ${what}: it is not a file`)
    file = await open(path)
    const { size } = await file.stat()
    if (known !== undefined && size !== known) throw new InputError(expected(`${known} bytes`, path, size))
    if (size > limit) throw new InputError(expected(`at most ${limit} bytes`, what, size))
    const shared = new Uint8Array(new SharedArrayBuffer(size))
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(shared, at, size - at, at)
      if (bytesRead === 0) throw new InputError(expected(`${size} bytes`, path, at))
      at += bytesRead
    }
    return shared
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InputError(`Cannot read ${what}: ${reason}`, { cause })
  } finally {
    await file?.close()
  }
}
