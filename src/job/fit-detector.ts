import { deviceNetwork, networkKey } from '../operators/detect.js'
import type { WorkerDefinition } from '../runtime/operator.js'
import type { WorkerPool } from '../runtime/worker-pool.js'
import type { Detection, Picture } from '../types.js'
import type { OpenNetwork } from '../vision/detectors/detector.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { type FittedDetector, fitView, lookedAt, type Trial } from '../vision/detectors/fit-view.js'
import { keepNetwork } from '../vision/detectors/kept-network.js'
import type { Model } from '../vision/detectors/model.js'
import { reachAbove } from '../vision/detectors/playing-rows.js'
import { qualities } from '../vision/detectors/quality.js'
import { magnification, type View, type Views, viewsFor } from '../vision/detectors/views.js'
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

/** Finds players in a sample frame with the detector of a view. */
export type Look = Trial['look']

const optionsFor = (
  model: Model,
  { confidence, nmsIou, classes }: DetectorConfig,
  { inputSize, tiles }: View,
) => detectorOptions(model, { confidence, nmsIou, classes, inputSize, tiles })

/** Looks at sample frames on this thread. @param open opens the network; it is closed after each look. */
export function lookHere(model: Model, config: DetectorConfig, open?: OpenNetwork): Look {
  return async (picture, view) => {
    const { openDetector } = await import('../vision/detectors/detector.js')
    const detector = await openDetector(model, optionsFor(model, config, view), open)
    try {
      return await detector.detect(picture)
    } finally {
      await detector.close()
    }
  }
}

/**
 * Chooses how the detector looks at the frames of a video, by some of them.
 * @param surface on which players stand; undefined when they may stand anywhere.
 * @throws UsageError for options that are not valid for the model.
 */
export async function fitDetector(
  model: Model,
  config: DetectorConfig,
  samples: readonly [Picture, ...Picture[]],
  look: Look,
  surface?: SurfaceModel,
): Promise<FittedDetector> {
  const { quality = 'balanced' } = config
  const [first] = samples
  const view = await fitView(samples, {
    views: viewsOf(config, model, first),
    quality: qualities[quality],
    look,
    playersIn(picture, detections) {
      const people = surelyPeople(model, config, detections)
      return surface === undefined ? people : standingOn(picture, people, surface).map(({ person }) => person)
    },
    magnification: (view, picture) => magnification(view, picture, model.input),
  })
  const reach = surface && reachAbove(view.seen, surface)
  return { ...optionsFor(model, config, view), why: view.why, reach }
}

function surelyPeople(
  model: Model,
  { confidence, nmsIou, classes }: DetectorConfig,
  detections: readonly Detection[],
): Detection[] {
  const certain = startThreshold(detectorOptions(model, { confidence, nmsIou, classes }).confidence)
  return detections.filter(detection => detection.confidence >= certain)
}

/** The people in the sample frames at which `fitDetector` looks first. */
export async function lookForPeople(
  model: Model,
  config: DetectorConfig,
  samples: readonly [Picture, ...Picture[]],
  look: Look,
): Promise<Sighting[]> {
  const { views, full } = viewsOf(config, model, samples[0])
  const pictures = lookedAt(samples.length).map(i => samples[i]!)
  const found = await Promise.all(pictures.map(picture => look(picture, views[full]!))) // as viewsOf says
  return pictures.map((picture, i) => ({ picture, people: surelyPeople(model, config, found[i]!) })) // one for each
}

/**
 * Starts the look that `fitDetector` takes at a sample frame first, while others are still decoded.
 * @param always even if there is only one view, for the people in it.
 */
export function lookAhead(
  model: Model,
  config: DetectorConfig,
  look: Look,
  always: boolean,
): (picture: Picture, place: number, count: number) => void {
  return (picture, place, count) => {
    const { views, full } = viewsOf(config, model, picture)
    // A failure is reported where the look is awaited.
    if (!always && views.length === 1) return
    if (lookedAt(count).includes(place)) look(picture, views[full]!).catch(() => {}) // as viewsOf says
  }
}

/** What a worker that looks at frames imports. */
export const detectorModules: readonly string[] = [
  import.meta.url,
  new URL('../vision/detectors/named-detector.js', import.meta.url).href,
]

interface LookOptions {
  readonly model: Model
  readonly config: DetectorConfig
  /** As in the options of `detect`. */
  readonly onDevice: boolean
}

/** `Look` for a worker, which keeps its network for the next look, and for the run. */
export const lookInWorker: WorkerDefinition<
  { readonly picture: Picture; readonly view: View },
  readonly Detection[],
  LookOptions
> = {
  operator: 'detect',
  step:
    ({ model, config, onDevice }) =>
    async ({ picture, view }) => {
      const network = await keepNetwork(networkKey(model, view.inputSize), async () => {
        if (onDevice) return deviceNetwork()
        const { openNetwork } = await import('../vision/detectors/network.js')
        return openNetwork(model)
      })
      const look = lookHere(model, config, () => ({ ...network, close: async () => {} }))
      return [await look(picture, view)]
    },
}

/**
 * Looks at sample frames on the workers, at each once in a view. The main thread never loads ONNX Runtime. The first view
 * is the largest: its looks are one after the other, so that they stay on one worker and take the memory of one.
 * Disposing waits for looks that were started in vain: a worker must not be stopped in the middle of one.
 * @param pool whose workers see the samples in shared memory.
 */
export function lookIn(pool: WorkerPool, { model, config, onDevice }: LookOptions) {
  const { quality, inputSize, tiles, confidence, nmsIou, classes } = config
  const options = { model, config: { quality, inputSize, tiles, confidence, nmsIou, classes }, onDevice }
  const step = { name: lookInWorker.operator, module: import.meta.url, options }
  const looks = new Map<Picture, Map<string, ReturnType<Look>>>()
  const started: ReturnType<Look>[] = []
  let firstView: string | undefined
  let last: Promise<unknown> = Promise.resolve()
  const run = async (picture: Picture, view: View) => {
    const { outputs } = await pool.run('fit', [step], [{ picture, view }], 'a sample frame')
    return outputs[0] as readonly Detection[] // as the step returns
  }
  const look: Look = (picture, view) => {
    const inViews = looks.get(picture) ?? new Map<string, ReturnType<Look>>()
    looks.set(picture, inViews)
    const key = `${view.inputSize} ${view.tiles}`
    const known = inViews.get(key)
    if (known !== undefined) return known
    firstView ??= key
    const found = key === firstView ? last.then(() => run(picture, view)) : run(picture, view)
    last = found.catch(() => {})
    started.push(found)
    inViews.set(key, found)
    return found
  }
  return {
    look,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(started)
    },
  }
}
