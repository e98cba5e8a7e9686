import { toggle } from '../settings/setting.js'
import type { DetectedFrame } from '../types.js'
import { standingOn } from '../vision/surface/standing.js'
import type { SurfaceModel } from '../vision/surface/surface-model.js'
import { workerOperator } from './definition.js'

export interface PitchFilterOptions {
  readonly surface: SurfaceModel
}

/**
 * Keeps the detections whose feet stand on the playing surface, and drops the others, such as faces in the crowd,
 * as `off_pitch`. When no surface was found, everything passes.
 */
export const pitchFilter = workerOperator({
  name: 'pitch-filter',
  module: import.meta.url,
  settings: {
    pitchFilter: toggle({
      default: true,
      help: 'keep every person, on the playing surface or not (street video)',
    }),
  },
  options: ({ pitchFilter }, { surface }) => (pitchFilter ? { surface } : undefined),
  step:
    ({ surface }: PitchFilterOptions) =>
    (input: DetectedFrame, context) => {
      const { frame, detections } = input
      if (!surface.found) {
        context.count(detections.length, detections.length)
        return [input]
      }
      const standing = standingOn(frame, detections, surface)
      const kept = new Set(standing.map(({ person }) => person))
      const away = detections.find(detection => !kept.has(detection))
      context.count(detections.length, kept.size)
      context.drop('off_pitch', detections.length - kept.size, away?.xyxy)
      const told = standing.map(({ person, onCourt }) => ({
        ...person,
        ...(onCourt !== undefined && { onCourt }),
      }))
      return [{ ...input, detections: told }]
    },
})
