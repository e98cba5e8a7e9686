import type { MakeStep, Operator } from '../runtime/operator.js'
import type { DetectedFrame, Frame, Xyxy } from '../types.js'
import { type SurfaceModel, surfaceLikelihood, surfaceThreshold } from '../vision/surface/surface-model.js'

export interface PitchFilterOptions {
  readonly grass: SurfaceModel
}

/** What is looked at lies around the feet: so far beside, above and below them, as shares of the box's height. */
const beside = 0.12
const above = 0.06
const below = 0.18
/** Grass that must be seen there. Lines, shadows' edges and other players take their share of it. */
const minGrass = 0.3

/**
 * Keeps the detections whose feet stand on the pitch, and drops the others, such as faces in the crowd, as
 * `off_pitch`. When no pitch was found, everything passes.
 */
export const pitchFilter = (
  grass: SurfaceModel,
): Operator<DetectedFrame, DetectedFrame, PitchFilterOptions> => ({
  name: 'pitch-filter',
  module: import.meta.url,
  options: { grass },
})

export const step: MakeStep<DetectedFrame, DetectedFrame, PitchFilterOptions> = ({ grass }) => {
  return (input, tally) => {
    const { frame, detections } = input
    const kept = grass.found
      ? detections.filter(d => grassAtFeet(frame, d.xyxy, grass) >= minGrass)
      : detections
    tally.count(detections.length, kept.length)
    const away = detections.find(detection => !kept.includes(detection))
    tally.drop('off_pitch', detections.length - kept.length, away?.xyxy)
    return [{ ...input, detections: kept }]
  }
}

/**
 * Share of grass in a horseshoe around the feet: below the box and beside its lower end, not in it. At the frame's
 * lower border, where nothing is seen below, only beside; 0 when nothing is seen at all.
 */
function grassAtFeet({ width, height, rgb }: Frame, [x1, y1, x2, y2]: Xyxy, grass: SurfaceModel): number {
  const tall = y2 - y1
  const left = Math.max(0, Math.floor(x1 - beside * tall))
  const right = Math.min(width, Math.ceil(x2 + beside * tall))
  const top = Math.max(0, Math.floor(y2 - above * tall))
  const bottom = Math.min(height, Math.ceil(y2 + below * tall))
  let [seen, green] = [0, 0]
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      if (y < y2 && x >= x1 && x < x2) continue
      const p = (y * width + x) * 3
      seen++
      if (surfaceLikelihood(grass, rgb[p]!, rgb[p + 1]!, rgb[p + 2]!) >= surfaceThreshold) green++
    }
  }
  return seen === 0 ? 0 : green / seen
}
