import { z } from 'zod'
import { number, path, setting, words } from '../settings/setting.js'
import type { DetectedFrame, Frame } from '../types.js'
import { frameThumbnail } from '../vision/detectors/frame-thumbnail.js'
import { defaultModelPath, type Model } from '../vision/detectors/model.js'
import { checkOptions, type NanodetOptions, nanodet, nanodetDefaults } from '../vision/detectors/nanodet.js'
import { workerOperator } from './definition.js'

/**
 * Options of the detector. Boxes below `confidence`, down to `faint` times of it, are also passed to the tracker: they
 * can continue a track but not start one.
 */
export interface DetectOptions extends NanodetOptions {
  readonly model: Model
}

/** Low threshold of ByteTrack as a share of the high one (Zhang et al. 2022: 0.1 with 0.5 or 0.6). */
export const faint = 0.4

/** Finds players. Counts frames in and detections out. */
export const detect = workerOperator({
  name: 'detect',
  module: import.meta.url,
  settings: {
    inputSize: setting(z.int().min(160).max(4096).multipleOf(32), 'a multiple of 32 from 160 to 4096', {
      default: nanodetDefaults.inputSize,
      value: 'pixels',
      essential: true,
      help: 'long side to which a frame is scaled for the detector; less is faster and misses small players',
    }),
    confidence: number({
      from: 0.01,
      to: 1,
      default: nanodetDefaults.confidence,
      value: '0-1',
      help: 'lowest confidence c of a detection; starting a track needs c + (1 - c) / 6',
    }),
    nmsIou: number({
      from: 0,
      to: 1,
      default: nanodetDefaults.nmsIou,
      value: '0-1',
      help: 'of two boxes that overlap by more than this IoU, the less confident is removed',
    }),
    classes: words({ default: ['person'], help: 'classes of the model to look for' }),
    model: path({
      default: defaultModelPath,
      shapesDataset: false,
      help: 'ONNX model, with a models.json beside it',
    }),
  },
  options: ({ confidence, nmsIou, inputSize, classes }, { model }) => ({
    model,
    confidence,
    nmsIou,
    inputSize,
    classes,
  }),
  defaults: nanodetDefaults,
  validate: (options: DetectOptions) => {
    checkOptions(options.model, options)
  },
  // One session per worker.
  step: async ({ model, ...options }: DetectOptions) => {
    const detector = await nanodet(model, { ...options, confidence: options.confidence * faint })
    return async (frame: Frame, context): Promise<DetectedFrame[]> => {
      const detections = await detector.detect(frame)
      context.count(1, detections.length)
      return [{ frame, detections, thumbnail: frameThumbnail(frame) }]
    }
  },
})
