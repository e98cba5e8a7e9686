import type { MakeStep, Operator } from '../runtime/operator.js'
import type { DetectedFrame, Frame } from '../types.js'
import { glance } from '../vision/detectors/frame-thumbnail.js'
import type { Model } from '../vision/detectors/model.js'
import { checkOptions, type NanodetOptions, nanodet, nanodetDefaults } from '../vision/detectors/nanodet.js'

/**
 * As of the detector, but `confidence` is what a player must reach to be believed. Fainter boxes go on to
 * the tracker as well, down to `faint` times this: they may keep a track alive, never start one.
 */
export type DetectOptions = NanodetOptions

export const detectDefaults: DetectOptions = nanodetDefaults

/** ByteTrack's low scores, as a share of the high ones (Zhang et al. 2022: 0.1 beside 0.5 or 0.6). */
export const faint = 0.4

interface WorkerOptions extends DetectOptions {
  readonly model: Model
}

/**
 * Finds players. Counts frames in and detections out.
 * @throws UsageError when an option makes no sense for the model.
 */
export function detect(
  model: Model,
  options: Partial<DetectOptions> = {},
): Operator<Frame, DetectedFrame, WorkerOptions> {
  const checked = { ...detectDefaults, ...options }
  checkOptions(model, checked)
  return { name: 'detect', module: import.meta.url, options: { ...checked, model } }
}

/** One session for the worker's life. */
export const step: MakeStep<Frame, DetectedFrame, WorkerOptions> = async ({ model, ...options }) => {
  const detector = await nanodet(model, { ...options, confidence: options.confidence * faint })
  return async (frame, tally) => {
    const detections = await detector.detect(frame)
    tally.count(1, detections.length)
    return [{ frame, detections, glance: glance(frame) }]
  }
}
