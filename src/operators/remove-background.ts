import { expected, UsageError } from '../common/errors.js'
import { choice, color, type Rgb, toggle } from '../settings/setting.js'
import type { Crop } from '../types.js'
import { paintOutside } from '../vision/imaging/paint.js'
import type { PersonModel } from '../vision/segmentation/person-model.js'
import { isPlausible } from '../vision/segmentation/plausible-mask.js'
import { segmentPlayer } from '../vision/surface/segment.js'
import type { SurfaceModel } from '../vision/surface/surface-model.js'
import { type BackgroundRemoval, workerOperator } from './definition.js'

export interface RemoveBackgroundOptions {
  readonly surface: SurfaceModel
  /** The network that finds the person, in place of the surface's colors. */
  readonly person?: PersonModel | undefined
  /**
   * Color of the background: red, green, blue, 0 to 255. Default: the mean of ImageNet, which becomes zero in the
   * normalization of a network and, unlike black and white, is rare in hair, boots and shirts.
   */
  readonly replacementColor: Rgb
}

const methods = ['auto', 'surface', 'person', 'none'] as const

interface Removal {
  readonly background: (typeof methods)[number]
  readonly backgroundRemoval: boolean
}

const replacementColor: Rgb = [124, 116, 104]

/**
 * Replaces the background of a crop by one color and sets its `mask`. Where no mask can be made the background is kept
 * and the mask is 255 everywhere; a mask that cannot be right is counted as `mask_rejected`.
 */
export const removeBackground = workerOperator({
  name: 'remove-background',
  module: import.meta.url,
  settings: {
    background: choice(methods, {
      default: 'auto',
      help: 'how backgrounds are removed: by the colors of the playing surface, by a network that finds the person, or not; auto: by the surface where its colors tell players from it in sample frames, else by the network',
    }),
    backgroundRemoval: toggle({ default: true, help: 'the same as --background none' }),
    replacementColor: color({ default: replacementColor, help: 'color that replaces the background' }),
  },
  check({ background, backgroundRemoval }) {
    if (!backgroundRemoval && background !== 'auto' && background !== 'none')
      throw new UsageError(expected('none, with --no-background-removal', '--background', background))
  },
  options: (values, { surface, removal }) => {
    const { replacementColor } = values
    const person = removal.method === 'person' ? removal.model : undefined
    return isKept(values) ? undefined : { surface, person, replacementColor }
  },
  defaults: { replacementColor },
  validate({ replacementColor: rgb }: RemoveBackgroundOptions) {
    if (rgb.length !== 3 || !rgb.every(v => Number.isInteger(v) && v >= 0 && v <= 255)) {
      throw new UsageError(expected('three whole numbers from 0 to 255', 'replacementColor', rgb))
    }
  },
  step: async ({ surface, person, replacementColor }: RemoveBackgroundOptions) => {
    const maskers = await maskersFor(surface, person)
    return async (given: Crop, context) => {
      const mask = await firstPlausible(maskers, given)
      const { origin: _, ...crop } = given
      if (maskers.length > 0 && mask === undefined) context.flag('mask_rejected', 1, crop.detection.xyxy)
      // The crop owns its pixels.
      if (mask !== undefined) paintOutside(crop, mask, replacementColor)
      return [{ ...crop, mask: mask ?? new Uint8Array(crop.width * crop.height).fill(255) }]
    }
  },
})

const isKept = ({ background, backgroundRemoval }: Removal): boolean =>
  !backgroundRemoval || background === 'none'

/** Least agreement of the masks with which `auto` trusts the colors: 0.88 where they are right, below 0.6 where not. */
const leastAgreement = 0.75

/** The way of removal, with why it was taken, as the end of a sentence. */
export type RemovalChoice = Pick<BackgroundRemoval, 'method' | 'why'>

/**
 * How the backgrounds of a video are removed.
 * @param agreement of the masks by colors and by the network; undefined if unknown: then `auto` does not trust the colors.
 */
export function chooseRemoval(
  values: Removal,
  { found, separatesPeople }: SurfaceModel,
  agreement?: number,
): RemovalChoice {
  if (!values.backgroundRemoval) return { method: 'none', why: 'as --no-background-removal asks' }
  if (values.background !== 'auto') {
    const why = `as --background ${values.background} asks`
    if (values.background !== 'surface' || separatesPeople) return { method: values.background, why }
    const lacking = found ? 'the colors of the surface are also those of people' : 'no surface is known'
    return { method: 'none', why: `--background surface was asked for, and ${lacking}` }
  }
  if (!found) return { method: 'person', why: 'no surface is known' }
  if (!separatesPeople)
    return { method: 'person', why: 'the colors of the surface are also those of people, as of wood and ice' }
  if (agreement === undefined)
    return { method: 'person', why: 'too few players were seen to try the colors of the surface on' }
  return agreement >= leastAgreement
    ? { method: 'surface', why: `its colors tell players from it, from an agreement of ${leastAgreement} on` }
    : { method: 'person', why: `its colors cut players apart, below an agreement of ${leastAgreement}` }
}

type Mask = Uint8Array<ArrayBuffer>
type Masker = (crop: Crop) => Mask | Promise<Mask>

/** One session per worker, opened where it is needed. The main thread does not load ONNX Runtime. */
async function maskersFor(surface: SurfaceModel, person: PersonModel | undefined): Promise<Masker[]> {
  const byColors: Masker[] = surface.separatesPeople ? [crop => segmentPlayer(crop, surface)] : []
  if (person === undefined) return byColors
  const { PersonSegmenter } = await import('../vision/segmentation/person-segmenter.js')
  const segmenter = await PersonSegmenter.open(person)
  // Of tiny and blurred players the network often finds a half at most, of which the colors still show the whole.
  return [crop => segmenter.segment(crop), ...byColors]
}

async function firstPlausible(maskers: readonly Masker[], crop: Crop): Promise<Mask | undefined> {
  for (const maskOf of maskers) {
    const mask = await maskOf(crop)
    if (isPlausible(mask, crop)) return mask
  }
  return undefined
}
