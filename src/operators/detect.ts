import { z } from 'zod'
import { number, path, setting, words } from '../settings/setting.js'
import type { DetectedFrame, Frame } from '../types.js'
import { frameThumbnail } from '../vision/detectors/frame-thumbnail.js'
import { defaultModelPath, type Model } from '../vision/detectors/model.js'
import { checkOptions, type NanodetOptions, nanodet, nanodetDefaults } from '../vision/detectors/nanodet.js'
import { workerOperator } from './definition.js'

/**
 * As of the detector, but `confidence` is what a player must reach to be believed. Fainter boxes are passed on to
 * the tracker as well, down to `faint` times this: they may keep a track alive, never start one.
 */
export interface DetectOptions extends NanodetOptions {
  readonly model: Model
}

/** ByteTrack's low scores, as a share of the high ones (Zhang et al. 2022: 0.1 beside 0.5 or 0.6). */
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
      help: 'least confidence of a detection; a track starts from a sixth of the way from there to 1',
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
  // One session for the worker's life.
  step: async ({ model, ...options }: DetectOptions) => {
    const detector = await nanodet(model, { ...options, confidence: options.confidence * faint })
    return async (frame: Frame, context): Promise<DetectedFrame[]> => {
      const detections = await detector.detect(frame)
      context.count(1, detections.length)
      return [{ frame, detections, thumbnail: frameThumbnail(frame) }]
    }
  },
})
