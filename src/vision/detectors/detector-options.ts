import { expected, UsageError } from '../../common/errors.js'
import { given } from '../../common/given.js'
import type { Model } from './model.js'
import { gridPattern, oneTile } from './tiles.js'

export interface DetectorOptions {
  /** Least score of a detection, 0 to 1. */
  readonly confidence: number
  /** IoU above which non-maximum suppression removes the less confident of two boxes, 0 to 1. */
  readonly nmsIou: number
  /** Long side of the network's input, in pixels. Without effect for a file that fixes its size. */
  readonly inputSize: number
  /** Columns and rows of tiles, each of which is an input of its own, as in `3x2`. */
  readonly tiles: string
  /** Names of the classes to detect. */
  readonly classes: readonly string[]
}

/** Those that are left out, or undefined, are the model's. */
export type GivenOptions = { readonly [K in keyof DetectorOptions]?: DetectorOptions[K] | undefined }

/** Classes of people in models of sports; the default where a model has one of them. */
const people = [
  ...['person', 'people', 'player', 'athlete', 'goalkeeper', 'goalie', 'keeper'],
  ...['referee', 'ref', 'umpire', 'linesman'],
]

/** The options with the model's defaults. @throws UsageError for one that is not valid for the model. */
export function detectorOptions(model: Model, options: GivenOptions = {}): DetectorOptions {
  const { confidence, nmsIou, inputSize, tiles, classes }: DetectorOptions = {
    ...model.defaults,
    tiles: oneTile,
    classes: defaultClasses(model),
    ...given<DetectorOptions>(options),
  }
  const { multiple, width } = model.input
  if (!(confidence > 0 && confidence <= 1)) {
    throw new UsageError(expected('a number above 0, at most 1', '--confidence', confidence))
  }
  if (!(nmsIou >= 0 && nmsIou <= 1))
    throw new UsageError(expected('a number from 0 to 1', '--nms-iou', nmsIou))
  if (width === undefined && !(inputSize >= multiple && inputSize % multiple === 0)) {
    throw new UsageError(expected(`a multiple of ${multiple}`, '--input-size', inputSize))
  }
  if (!gridPattern.test(tiles)) throw new UsageError(expected('columns x rows, as in 3x2', '--tiles', tiles))
  if (classes.length === 0) throw new UsageError(expected('at least one class', '--classes', classes))
  return {
    ...{ confidence, nmsIou, inputSize, tiles },
    classes: [...new Set(classes.flatMap(name => knownClasses(model, name)))],
  }
}

/**
 * The classes that a detector has to see to keep some of them: with a class of people all of them. Otherwise a referee
 * who is left out would be kept as the faint player that the model also sees in him.
 */
export function withRivals({ classes: known }: Model, wanted: readonly string[]): readonly string[] {
  return wanted.some(isPerson) ? [...new Set([...wanted, ...known.filter(isPerson)])] : wanted
}

/** True for `Goalkeepers` and `goalie` too: names are whatever the labels were called. */
const isPerson = (name: string): boolean => people.includes(name.trim().toLowerCase().replace(/s$/, ''))

/** People where the model knows any; else everything but a ball. */
function defaultClasses({ classes }: Model): string[] {
  const known = classes.filter(isPerson)
  return known.length > 0 ? known : classes.filter(name => !/\bball$/i.test(name))
}

/** The model's spellings of a class, whatever their case. @throws UsageError */
function knownClasses({ name, classes, otherClasses }: Model, wanted: string): string[] {
  const same = classes.filter(known => known.toLowerCase() === wanted.toLowerCase())
  if (same.length > 0) return same
  const known = classes.length > 10 ? `${classes.slice(0, 10).join(', ')}, …` : classes.join(', ')
  const hint = otherClasses === undefined ? '' : `; ${otherClasses}`
  throw new UsageError(`${expected(`a class of ${name} (${known})`, '--classes', wanted)}${hint}`)
}
