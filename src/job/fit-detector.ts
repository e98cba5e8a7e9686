import { deviceNetwork } from '../operators/detect.js'
import { standsOn } from '../operators/pitch-filter.js'
import type { WorkerDefinition } from '../runtime/operator.js'
import type { WorkerPool } from '../runtime/worker-pool.js'
import type { Picture } from '../types.js'
import type { OpenNetwork } from '../vision/detectors/detector.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { type FittedDetector, fitView, type Sighting } from '../vision/detectors/fit-view.js'
import type { Model } from '../vision/detectors/model.js'
import { reachAbove } from '../vision/detectors/playing-rows.js'
import { qualities } from '../vision/detectors/quality.js'
import { magnification, type View, type Views, viewsFor } from '../vision/detectors/views.js'
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
  /** On which players stand; undefined when they may stand anywhere. */
  readonly surface?: SurfaceModel | undefined
  /** Opens the network. Default: on this thread. */
  readonly open?: OpenNetwork | undefined
}

/** A detector as fitted to a video, and the players that were seen for it, if there was anything to choose. */
interface Fit {
  readonly detector: FittedDetector
  readonly seen: readonly Sighting[]
}

/**
 * Chooses how the detector looks at the frames of a video, by some of them.
 * @throws UsageError for options that are not valid for the model.
 */
export async function fitDetector(
  model: Model,
  config: DetectorConfig,
  samples: readonly [Picture, ...Picture[]],
  { surface, open }: Circumstances = {},
): Promise<Fit> {
  const { confidence, nmsIou, classes, quality = 'balanced' } = config
  const optionsFor = ({ inputSize, tiles }: View) =>
    detectorOptions(model, { confidence, nmsIou, classes, inputSize, tiles })
  const [first] = samples
  const certain = startThreshold(detectorOptions(model, { confidence, nmsIou, classes }).confidence)
  const view = await fitView(samples, {
    views: viewsOf(config, model, first),
    quality: qualities[quality],
    async open(view) {
      const { openDetector } = await import('../vision/detectors/detector.js')
      return openDetector(model, optionsFor(view), open)
    },
    isPlayer: (picture, { confidence: c, xyxy }) =>
      c >= certain && (surface === undefined || standsOn(picture, xyxy, surface)),
    magnification: (view, picture) => magnification(view, picture, model.input),
  })
  const reach = surface && reachAbove(view.seen, surface)
  return { detector: { ...optionsFor(view), why: view.why, reach }, seen: view.seen }
}

interface Fitting {
  readonly model: Model
  readonly config: DetectorConfig
  readonly samples: readonly [Picture, ...Picture[]]
  readonly surface: SurfaceModel | undefined
  /** As in the options of `detect`. */
  readonly onDevice: boolean
}

/** `fitDetector` for a worker. */
export const fit: WorkerDefinition<Fitting, Fit> = {
  operator: 'detect',
  step:
    () =>
    async ({ model, config, samples, surface, onDevice }) => {
      const open = onDevice ? deviceNetwork : undefined
      return [await fitDetector(model, config, samples, { surface, open })]
    },
}

/**
 * `fitDetector` on a worker, whose code is compiled for the run then. The main thread never loads ONNX Runtime.
 * @param pool whose workers see the samples in shared memory.
 */
export async function fitDetectorIn(pool: WorkerPool, fitting: Fitting): Promise<Fit> {
  const { quality, inputSize, tiles, confidence, nmsIou, classes } = fitting.config
  const config = { quality, inputSize, tiles, confidence, nmsIou, classes }
  const step = { name: fit.operator, module: import.meta.url, options: undefined }
  const { outputs } = await pool.run('fit', [step], [{ ...fitting, config }], 'the sample frames')
  return outputs[0] as Fit // as the step returns
}
