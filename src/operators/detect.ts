import { connectTo } from '../runtime/service.js'
import { choice, number, pathText, setting, words } from '../settings/setting.js'
import type { DetectedFrame, Frame } from '../types.js'
import { detectorOptions, type GivenOptions } from '../vision/detectors/detector-options.js'
import { deviceNames } from '../vision/detectors/device.js'
import { families } from '../vision/detectors/families.js'
import type { FittedDetector } from '../vision/detectors/fit-view.js'
import { frameThumbnail } from '../vision/detectors/frame-thumbnail.js'
import { takeNetwork } from '../vision/detectors/kept-network.js'
import type { Model } from '../vision/detectors/model.js'
import type { Network } from '../vision/detectors/network.js'
import { detectOnSurface } from '../vision/detectors/playing-rows.js'
import { defaultModelId, type QualityName } from '../vision/detectors/quality.js'
import { remoteNetwork } from '../vision/detectors/remote-network.js'
import { gridPattern } from '../vision/detectors/tiles.js'
import { lumaPlane } from '../vision/imaging/luma.js'
import { sharpnessOf } from '../vision/imaging/sharpness.js'
import type { SurfaceModel } from '../vision/surface/surface-model.js'
import { workerOperator } from './definition.js'
import { pitchFilter } from './pitch-filter.js'

/**
 * Options of the detector; those left out are the model's. Boxes below `confidence`, down to the model's `faint` share of
 * it, are also passed to the tracker: they can continue a track but not start one.
 */
export interface DetectOptions extends GivenOptions {
  readonly model: Model
  /** On which players stand; undefined when they may stand anywhere. */
  readonly surface?: SurfaceModel | undefined
  readonly reach?: FittedDetector['reach']
  /** The network runs in the device thread that is the pool's service `device`, not in each worker. Default: false. */
  readonly onDevice?: boolean
}

/** Name of the service of a worker pool that runs the network. */
export const deviceService = 'device'

/** The network of that service, for a worker. */
export const deviceNetwork = (): Network => remoteNetwork(connectTo(deviceService))

/** Of a network that is kept on a worker, for `takeNetwork`: its memory is that of its largest input. */
export const networkKey = ({ sha256 }: Model, inputSize: number): string => `${sha256} ${inputSize}`

/** Finds players, each in one class, and measures how sharp each is. Counts frames in and detections out. */
export const detect = workerOperator({
  name: 'detect',
  module: import.meta.url,
  settings: {
    pitchFilter: pitchFilter.settings.pitchFilter,
    model: setting(pathText, 'a bundled model, or a path, with ./ before one that begins with a dash', {
      default: defaultModelId,
      shapesDataset: false,
      value: 'name|path',
      essential: true,
      help: 'a bundled model (nanodet-sports, nanodet), or the path of an ONNX file',
    }),
    modelFamily: choice(
      families.map(({ name }) => name),
      { shapesDataset: false, help: 'family of an ONNX file that is recognized as another' },
    ),
    quality: setting<QualityName>(
      z => z.enum(['fast', 'balanced', 'best']),
      'fast, balanced or best (--jpeg-quality takes a number)',
      {
        default: 'balanced',
        value: 'fast|balanced|best',
        essential: true,
        help: 'chooses --precision, --input-size and --tiles, where they are not given: fast misses some of the small players; best takes twice the time of balanced or more',
      },
    ),
    precision: choice(['int8', 'fp32'], {
      help: 'of a bundled model: int8 takes half of the time on a CPU (default: that of --quality; on a GPU fp32)',
    }),
    device: choice(['auto', ...deviceNames], {
      default: 'auto',
      help: 'runs the detector: cpu, or a GPU by webgpu or cuda; auto: a GPU if it works and is clearly faster in a short trial',
    }),
    inputSize: setting(
      z => z.union([z.int().min(160).max(4096).multipleOf(32), z.literal('auto')]),
      'auto or a number that is a multiple of 32 from 160 to 4096',
      {
        default: 'auto',
        value: 'pixels|auto',
        essential: true,
        help: 'long side to which a frame is scaled for the detector; less is faster and misses small players; auto: as little as the players of this video allow, at least 992 with --quality balanced',
      },
    ),
    tiles: setting(
      z => z.union([z.string().regex(gridPattern), z.literal('auto')]),
      'auto or columns x rows of at most 8, as in 3x2',
      {
        default: 'auto',
        value: 'CxR|auto',
        help: 'divide a frame into columns x rows that overlap, each as large as the input of the detector, besides the whole frame; auto: as many as the players of this video need with a model of fixed input size, else one',
      },
    ),
    confidence: number({
      from: 0.01,
      to: 1,
      value: '0-1',
      help: 'lowest confidence c of a detection; starting a track needs c + (1 - c) / 6 (default: that of the model)',
    }),
    nmsIou: number({
      from: 0,
      to: 1,
      value: '0-1',
      help: 'of two boxes that overlap by more than this IoU, the less confident is removed (default: that of the model)',
    }),
    classes: words({
      help: 'classes of the model to keep (default: those of people, such as player, goalkeeper, referee; of a model without any, all but a ball)',
    }),
  },
  options: ({ pitchFilter }, { model, device, detector, surface }): DetectOptions => ({
    ...{ model, ...detector },
    surface: pitchFilter ? surface : undefined,
    onDevice: device !== 'cpu',
  }),
  defaults: {},
  validate: ({ model, surface: _, reach: __, ...options }: DetectOptions) => {
    detectorOptions(model, options)
  },
  // One session per worker, or one in the thread of the device. The main thread does not load ONNX Runtime.
  step: async ({ model, surface, reach, onDevice = false, ...options }: DetectOptions) => {
    const { openNamedDetector } = await import('../vision/detectors/named-detector.js')
    const { confidence, ...others } = detectorOptions(model, options)
    const faint = confidence * model.defaults.faint
    const kept = await takeNetwork(networkKey(model, others.inputSize))
    const open = kept === undefined ? (onDevice ? deviceNetwork : undefined) : () => kept
    const detector = await openNamedDetector(model, { ...others, confidence: faint }, open)
    return async (frame: Frame, context): Promise<DetectedFrame[]> => {
      const found = await detectOnSurface(detector, frame, surface, reach)
      const luma = lumaPlane(frame)
      const detections = found.map(detection => ({
        ...detection,
        sharpness: sharpnessOf(luma, detection.xyxy),
      }))
      context.count(1, detections.length)
      return [{ frame, detections, thumbnail: frameThumbnail(frame) }]
    }
  },
})
