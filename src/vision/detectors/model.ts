import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { expected, InputError } from '../../common/errors.js'
import { given } from '../../common/given.js'
import { printable } from '../../common/printable.js'
import { familyOf } from './families.js'
import type { ModelDefaults, Preprocessing, RecognizedModel, Traits } from './family.js'
import { listedModel, type ModelEntry } from './model-list.js'
import { type LocateOptions, locateModel } from './model-path.js'
import { type OnnxFile, readOnnx, tensorText } from './onnx-file.js'

/** The input for the picture. */
export interface PictureInput extends Preprocessing {
  readonly name: string
  readonly type: 'float32' | 'float16' | 'uint8'
  readonly layout: 'NCHW' | 'NHWC'
  /** Pictures per call; undefined for an input without a batch dimension. */
  readonly batch: number | undefined
  /** Undefined when it is free. */
  readonly width: number | undefined
  readonly height: number | undefined
}

/** A verified model that a family recognized. Its bytes are in shared memory, so that all workers use one copy. */
export interface Model extends RecognizedModel {
  readonly name: string
  readonly sha256: string
  readonly path: string
  /** Name of its family. */
  readonly family: string
  readonly input: PictureInput
  readonly nms: Traits['nms']
  readonly defaults: ModelDefaults
  readonly notes: readonly string[]
  /** What to do for a class that the model does not have. */
  readonly otherClasses: string | undefined
  /** What a `models.json` says of it. */
  readonly listed: ModelEntry | undefined
  readonly onnx: Uint8Array<SharedArrayBuffer>
}

export interface ModelOptions extends LocateOptions {
  /** Name of the family of a file that none recognizes, or the wrong one. */
  readonly modelFamily?: string | undefined
}

/** Larger files are refused, before they are read into memory. */
const maxBytes = 2 ** 30
/** Networks with more nodes are refused: ONNX Runtime would take minutes and gigabytes to load them. */
const maxNodes = 20_000

/**
 * Loads the ONNX model that the options name: a bundled one, or a file of a family in families.ts. A `models.json` in
 * its folder may describe it; a size and sha256 given there are verified.
 * @throws InputError when the file is missing, corrupt, too large or not recognized.
 */
export async function loadModel(options: ModelOptions = {}): Promise<Model> {
  const path = locateModel(options)
  const entry = await listedModel(dirname(path), basename(path))
  const onnx = await readShared(path, entry?.bytes)
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  if (entry?.sha256 !== undefined && sha256 !== entry.sha256) {
    throw new InputError(
      `${expected(`sha256 ${entry.sha256}`, path, sha256)}: the file is corrupt or another model`,
    )
  }
  const file = parse(onnx, path)
  const { family, traits } = familyOf(file, path, options.modelFamily ?? entry?.family)
  return {
    name: entry?.name ?? printable(basename(path, '.onnx')).slice(0, 100),
    ...{ sha256, path, family: family.name, file },
    input: pictureInput(file, { ...traits.preprocessing, ...given<Preprocessing>(entry?.input ?? {}) }, path),
    classes: entry?.classes ?? namesOf(traits.classes),
    defaults: { ...traits.defaults, ...given<ModelDefaults>(entry?.defaults ?? {}) },
    ...{ nms: traits.nms, notes: traits.notes ?? [], otherClasses: entry?.otherClasses },
    ...{ listed: entry, onnx },
  }
}

/** Names from a file are untrusted. */
const namesOf = (classes: Traits['classes']): readonly string[] =>
  typeof classes === 'number'
    ? Array.from({ length: classes }, (_, id) => `class ${id}`)
    : classes.map(name => printable(name).slice(0, 100))

function parse(onnx: Uint8Array, path: string): OnnxFile {
  let file: OnnxFile
  try {
    file = readOnnx(onnx)
  } catch (cause) {
    throw new InputError(`Cannot read the model ${path}: it is not an ONNX file, or cut short`, { cause })
  }
  if (file.external.length > 0) {
    const [first] = file.external
    throw new InputError(
      `Cannot use the model ${path}: its weights are in another file (${first}); export it into one file`,
    )
  }
  if (file.nodes > maxNodes) {
    throw new InputError(expected(`at most ${maxNodes} nodes`, `the model ${path}`, file.nodes))
  }
  return file
}

/** The picture is the first input with three channels. @throws InputError */
function pictureInput(file: OnnxFile, preprocessing: Preprocessing, path: string): PictureInput {
  for (const { name, type, shape } of file.inputs) {
    const sides = shape.length === 4 ? shape.slice(1) : shape
    if (sides.length !== 3 || (type !== 'float32' && type !== 'float16' && type !== 'uint8')) continue
    const layout = sides[2] === 3 && sides[0] !== 3 ? 'NHWC' : 'NCHW'
    const [height, width] = layout === 'NHWC' ? sides : sides.slice(1)
    const batch = shape.length === 4 ? (shape[0] ?? 1) : undefined
    return { ...preprocessing, name, type, layout, batch, width, height }
  }
  throw new InputError(expected('an input for pictures', path, file.inputs.map(tensorText).join(', ')))
}

async function readShared(path: string, bytes: number | undefined): Promise<Uint8Array<SharedArrayBuffer>> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const { size } = await file.stat()
    if (bytes !== undefined && size !== bytes) throw new InputError(expected(`${bytes} bytes`, path, size))
    if (size > maxBytes) throw new InputError(expected(`at most ${maxBytes} bytes`, path, size))
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
    throw new InputError(`Cannot read the model ${path}: ${reason}`, { cause })
  } finally {
    await file?.close()
  }
}
