import { toggle } from '../settings/setting.js'
import type { DetectedFrame, Frame, Xyxy } from '../types.js'
import { type SurfaceModel, surfaceLikelihood, surfaceThreshold } from '../vision/surface/surface-model.js'
import { workerOperator } from './definition.js'

export interface PitchFilterOptions {
  readonly surface: SurfaceModel
}

/** What is looked at lies around the feet: so far beside, above and below them, as shares of the box's height. */
const beside = 0.12
const above = 0.06
const below = 0.18
/** Playing surface that must be seen there. Lines, shadows' edges and other players take their share of it. */
const minShare = 0.3

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
      const kept = surface.found
        ? detections.filter(d => surfaceAtFeet(frame, d.xyxy, surface) >= minShare)
        : detections
      context.count(detections.length, kept.length)
      const away = detections.find(detection => !kept.includes(detection))
      context.drop('off_pitch', detections.length - kept.length, away?.xyxy)
      return [{ ...input, detections: kept }]
    },
})

/**
 * Share of playing surface in a horseshoe around the feet: below the box and beside its lower end, not in it. At the frame's
 * lower border, where nothing is seen below, only beside; 0 when nothing is seen at all.
 */
function surfaceAtFeet({ width, height, rgb }: Frame, [x1, y1, x2, y2]: Xyxy, surface: SurfaceModel): number {
  const tall = y2 - y1
  const left = Math.max(0, Math.floor(x1 - beside * tall))
  const right = Math.min(width, Math.ceil(x2 + beside * tall))
  const top = Math.max(0, Math.floor(y2 - above * tall))
  const bottom = Math.min(height, Math.ceil(y2 + below * tall))
  let [seen, onSurface] = [0, 0]
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      if (y < y2 && x >= x1 && x < x2) continue
      const p = (y * width + x) * 3
      seen++
      if (surfaceLikelihood(surface, rgb[p]!, rgb[p + 1]!, rgb[p + 2]!) >= surfaceThreshold) onSurface++
    }
  }
  return seen === 0 ? 0 : onSurface / seen
}
