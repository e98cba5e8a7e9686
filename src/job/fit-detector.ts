import { standsOn } from '../operators/pitch-filter.js'
import type { Picture } from '../types.js'
import { type OpenNetwork, openDetector } from '../vision/detectors/detector.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { type FittedDetector, fitView } from '../vision/detectors/fit-view.js'
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
  readonly signal?: AbortSignal | undefined
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
  { surface, signal, open }: Circumstances = {},
): Promise<FittedDetector> {
  const { confidence, nmsIou, classes, quality = 'balanced' } = config
  const optionsFor = ({ inputSize, tiles }: View) =>
    detectorOptions(model, { confidence, nmsIou, classes, inputSize, tiles })
  const [first] = samples
  const certain = startThreshold(detectorOptions(model, { confidence, nmsIou, classes }).confidence)
  const view = await fitView(samples, {
    views: viewsOf(config, model, first),
    quality: qualities[quality],
    open(view) {
      signal?.throwIfAborted()
      return openDetector(model, optionsFor(view), open)
    },
    isPlayer: (picture, { confidence: c, xyxy }) =>
      c >= certain && (surface === undefined || standsOn(picture, xyxy, surface)),
    magnification: (view, picture) => magnification(view, picture, model.input),
  })
  const reach = surface && reachAbove(view.seen, surface)
  return { ...optionsFor(view), why: view.why, reach }
}
