import { deviceNetwork } from '../operators/detect.js'
import type { WorkerDefinition } from '../runtime/operator.js'
import type { WorkerPool } from '../runtime/worker-pool.js'
import type { Picture } from '../types.js'
import type { OpenNetwork } from '../vision/detectors/detector.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { type FittedDetector, fitView } from '../vision/detectors/fit-view.js'
import type { Model } from '../vision/detectors/model.js'
import { reachAbove } from '../vision/detectors/playing-rows.js'
import { qualities } from '../vision/detectors/quality.js'
import { magnification, type View, type Views, viewsFor } from '../vision/detectors/views.js'
import { fitSurface, type SurfaceOptions } from '../vision/surface/fit-surface.js'
import type { Sighting } from '../vision/surface/ground.js'
import { standingOn } from '../vision/surface/standing.js'
import type { SurfaceModel } from '../vision/surface/surface-model.js'
import { startThreshold } from '../vision/tracking/bytetrack.js'
import type { RunConfig } from './settings.js'

/** Options that say how a detector looks at a video. */
type DetectorConfig = Pick<RunConfig, 'inputSize' | 'tiles' | 'quality' | 'confidence' | 'nmsIou' | 'classes'>

/** What the user chose instead of `auto`. */
export const askedView = ({ inputSize, tiles }: Pick<DetectorConfig, 'inputSize' | 'tiles'>) => ({
  inputSize: typeof inputSize === 'number' ? inputSize : undefined,
  tiles: tiles === 'auto' ? undefined : tiles,
})

/** The views that the options leave to choose from, for pictures of a size. */
export function viewsOf(
  { quality = 'balanced', ...asked }: Pick<DetectorConfig, 'inputSize' | 'tiles' | 'quality'>,
  model: Model,
  picture: { readonly width: number; readonly height: number },
): Views {
  return viewsFor(model, picture, qualities[quality], askedView(asked))
}

interface Circumstances {
  /** Learns from the people in some of the samples on what players stand; undefined where they may stand anywhere. */
  readonly learn?: ((seen: readonly Sighting[]) => SurfaceModel | undefined) | undefined
  /** Opens the network. Default: on this thread. */
  readonly open?: OpenNetwork | undefined
}

/**
 * Chooses how the detector looks at the frames of a video, by some of them.
 * @throws UsageError for options that are not valid for the model.
 */
export async function fitDetector(
  model: Model,
  config: DetectorConfig,
  samples: readonly [Picture, ...Picture[]],
  { learn, open }: Circumstances = {},
): Promise<FittedDetector> {
  const { confidence, nmsIou, classes, quality = 'balanced' } = config
  const optionsFor = ({ inputSize, tiles }: View) =>
    detectorOptions(model, { confidence, nmsIou, classes, inputSize, tiles })
  const [first] = samples
  const certain = startThreshold(detectorOptions(model, { confidence, nmsIou, classes }).confidence)
  let surface: SurfaceModel | undefined
  const view = await fitView(samples, {
    views: viewsOf(config, model, first),
    quality: qualities[quality],
    async open(view) {
      const { openDetector } = await import('../vision/detectors/detector.js')
      return openDetector(model, optionsFor(view), open)
    },
    playersOf(all) {
      const seen = all.map(({ picture, people }) => ({
        picture,
        people: people.filter(person => person.confidence >= certain),
      }))
      surface = learn?.(seen)
      return seen.map(sighting => playersIn(sighting, surface))
    },
    looksAnyway: learn !== undefined,
    magnification: (view, picture) => magnification(view, picture, model.input),
  })
  const reach = surface && reachAbove(view.seen, surface)
  return { ...optionsFor(view), why: view.why, reach }
}

function playersIn({ picture, people }: Sighting, surface: SurfaceModel | undefined) {
  if (!surface?.found) return people
  return standingOn(picture, people, surface).map(({ person }) => person)
}

interface Fitting {
  readonly model: Model
  readonly config: DetectorConfig
  readonly samples: readonly [Picture, ...Picture[]]
  /** How the playing surface is learned, or what it is. */
  readonly surface: Partial<SurfaceOptions> | SurfaceModel
  /** Whether only those on the surface are players. */
  readonly filters: boolean
  /** Whether the surface is used, and so is worth a look at the people in the samples. */
  readonly learns: boolean
  /** As in the options of `detect`. */
  readonly onDevice: boolean
}

/** What the sample frames of a video tell. */
export interface Fitted {
  readonly detector: FittedDetector
  readonly surface: SurfaceModel
}

/** Fits the detector and the playing surface, for a worker. */
export const fit: WorkerDefinition<Fitting, Fitted> = {
  operator: 'detect',
  step:
    () =>
    async ({ model, config, samples, surface: asked, filters, learns, onDevice }) => {
      const open = onDevice ? deviceNetwork : undefined
      if ('found' in asked)
        return [{ detector: await fitDetector(model, config, samples, { open }), surface: asked }]
      let surface: SurfaceModel | undefined
      const learn = (seen: readonly Sighting[]) => {
        surface = fitSurface(samples, asked, seen)
        return filters && surface.found ? surface : undefined
      }
      const detector = await fitDetector(model, config, samples, { learn: learns ? learn : undefined, open })
      return [{ detector, surface: surface ?? fitSurface(samples, asked) }]
    },
}

/**
 * Fits the detector and the playing surface on a worker, whose code is compiled for the run then. The main thread never
 * loads ONNX Runtime.
 * @param pool whose workers see the samples in shared memory.
 */
export async function fitDetectorIn(pool: WorkerPool, fitting: Fitting): Promise<Fitted> {
  const { quality, inputSize, tiles, confidence, nmsIou, classes } = fitting.config
  const config = { quality, inputSize, tiles, confidence, nmsIou, classes }
  const step = { name: fit.operator, module: import.meta.url, options: undefined }
  const { outputs } = await pool.run('fit', [step], [{ ...fitting, config }], 'the sample frames')
  return outputs[0] as Fitted // as the step returns
}
