import { basename, dirname } from 'node:path'
import { expected, InputError } from '../../common/errors.js'
import { given } from '../../common/given.js'
import { printable } from '../../common/printable.js'
import { familyOf } from './families.js'
import type { ModelDefaults, Preprocessing, Traits } from './family.js'
import { type ModelBytes, type ModelFile, readModelFile } from './model-file.js'
import { listedModel, type ModelEntry } from './model-list.js'
import { type LocateOptions, locateModel } from './model-path.js'
import { type OnnxFile, tensorsText } from './onnx-file.js'

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

/** A verified model that a family recognized. */
export interface Model extends ModelBytes {
  readonly name: string
  readonly sha256: string
  readonly path: string
  /** Name of its family. */
  readonly family: string
  readonly file: OnnxFile
  readonly input: PictureInput
  /** Names by class id. */
  readonly classes: readonly string[]
  readonly nms: Traits['nms']
  readonly defaults: ModelDefaults
  readonly notes: readonly string[]
  /** What to do for a class that the model does not have. */
  readonly otherClasses: string | undefined
  /** What a `models.json` says of it. */
  readonly listed: ModelEntry | undefined
}

export interface ModelOptions extends LocateOptions {
  /** Name of the family of a file that none recognizes, or the wrong one. */
  readonly modelFamily?: string | undefined
}

/** Sides, batches and numbers of classes above these are refused: their buffers would not fit into memory. */
const limits = { side: 4096, batch: 64, classes: 10_000 }

/** As many as COCO has category ids: more than models of one's own have. */
const untoldClasses = 91

/**
 * Loads the ONNX model that the options name: a bundled one, or a file of a family in families.ts. A `models.json` in
 * its folder may describe it; a size and sha256 given there are verified.
 * @throws InputError when the file is missing, corrupt, too large or not recognized.
 */
export async function loadModel(options: ModelOptions = {}): Promise<Model> {
  const path = locateModel(options)
  const { entry, onnx, external, file, sha256 } = await readListed(path)
  const { family, traits } = familyOf(file, path, options.modelFamily ?? entry?.family)
  return {
    name: entry?.name ?? printable(basename(path, '.onnx')).slice(0, 100),
    ...{ sha256, path, family: family.name, file },
    input: pictureInput(file, { ...traits.preprocessing, ...given<Preprocessing>(entry?.input ?? {}) }, path),
    classes: namesOf(traits.classes, entry?.classes, path),
    defaults: { ...traits.defaults, ...given<ModelDefaults>(entry?.defaults ?? {}) },
    ...{ nms: traits.nms, notes: traits.notes ?? [], otherClasses: entry?.otherClasses },
    ...{ listed: entry, onnx, external },
  }
}

/**
 * Reads a model and its entry in the `models.json` of its folder; a size and sha256 given there are verified.
 * @throws InputError when the file is missing, corrupt or too large.
 */
export async function readListed(path: string): Promise<ModelFile & { entry: ModelEntry | undefined }> {
  const entry = await listedModel(dirname(path), basename(path))
  const model = await readModelFile(path, entry?.bytes)
  if (entry?.sha256 !== undefined && model.sha256 !== entry.sha256) {
    throw new InputError(
      `${expected(`sha256 ${entry.sha256}`, path, model.sha256)}: the file is corrupt or another model`,
    )
  }
  return { entry, ...model }
}

/**
 * Names by class id. Those of a file that does not even tell their number are unknown: with the names of COCO, the
 * referees of a user's model would be dropped as bicycles. Without names all of its boxes are taken.
 * @throws InputError when more are listed than the network knows, which would read beyond its scores.
 */
function namesOf(
  known: Traits['classes'],
  listed: readonly string[] | undefined,
  path: string,
): readonly string[] {
  if (known === 'untold') return listed ?? numbered(untoldClasses)
  const count = typeof known === 'number' ? known : known.length
  const most = Math.min(count, limits.classes)
  const { length } = listed ?? { length: count }
  if (!(length >= 1 && length <= most)) throw new InputError(expected(`1 to ${most} classes`, path, length))
  if (listed !== undefined) return listed
  // Names from a file are untrusted.
  return typeof known === 'number' ? numbered(known) : known.map(name => printable(name).slice(0, 100))
}

/** What of a model, besides its file, shapes a dataset: for the manifest. */
export function usageOf({ family, input, classes, nms, defaults: { faint } }: Model) {
  const { fit, rounding = 'nearest', pad, channels, mean, std, resampling, multiple } = input
  const preprocessing = { fit, rounding, pad, channels, mean, std, resampling, multiple }
  return { family, preprocessing, suppression: nms, faint, classes }
}

const numbered = (length: number): string[] => Array.from({ length }, (_, id) => `class ${id}`)

/** The picture is the first input with three channels. @throws InputError */
function pictureInput(file: OnnxFile, preprocessing: Preprocessing, path: string): PictureInput {
  for (const { name, type, shape } of file.inputs) {
    const sides = shape.length === 4 ? shape.slice(1) : shape
    if (sides.length !== 3 || (type !== 'float32' && type !== 'float16' && type !== 'uint8')) continue
    const layout = sides[2] === 3 && sides[0] !== 3 ? 'NHWC' : 'NCHW'
    const [height, width] = layout === 'NHWC' ? sides : sides.slice(1)
    const batch = shape.length === 4 ? (shape[0] ?? 1) : undefined
    if (Math.max(width ?? 1, height ?? 1) > limits.side || (batch ?? 1) > limits.batch) {
      const most = `an input of at most ${limits.batch} pictures of ${limits.side}x${limits.side}`
      throw new InputError(expected(most, path, tensorsText(file.inputs)))
    }
    return { ...preprocessing, name, type, layout, batch, width, height }
  }
  throw new InputError(expected('an input for pictures', path, tensorsText(file.inputs)))
}
