import { toggle } from '../settings/setting.js'
import type { DetectedFrame, Picture, Xyxy } from '../types.js'
import { colorReader } from '../vision/imaging/colors.js'
import { type SurfaceModel, surfaceLikelihood, surfaceThreshold } from '../vision/surface/surface-model.js'
import { workerOperator } from './definition.js'

export interface PitchFilterOptions {
  readonly surface: SurfaceModel
}

/** Size of the tested area around the feet: to each side, above and below, as shares of the box height. */
const beside = 0.12
const above = 0.06
const below = 0.18
/** Smallest share of playing surface in it. Lines, shadow edges and other players cover a part of it. */
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
        ? detections.filter(({ xyxy }) => standsOn(frame, xyxy, surface))
        : detections
      context.count(detections.length, kept.length)
      const away = detections.find(detection => !kept.includes(detection))
      context.drop('off_pitch', detections.length - kept.length, away?.xyxy)
      return [{ ...input, detections: kept }]
    },
})

/** True for a box whose feet stand on the surface. */
export const standsOn = (picture: Picture, xyxy: Xyxy, surface: SurfaceModel): boolean =>
  surfaceAtFeet(picture, xyxy, surface) >= minShare

/**
 * Share of playing surface in the U-shaped area below the box and beside its lower end. At the lower border of the
 * frame only the sides count; 0 when the area is outside of the frame.
 */
function surfaceAtFeet(picture: Picture, [x1, y1, x2, y2]: Xyxy, surface: SurfaceModel): number {
  const { width, height } = picture
  const colorAt = colorReader(picture)
  const tall = y2 - y1
  const left = Math.max(0, Math.floor(x1 - beside * tall))
  const right = Math.min(width, Math.ceil(x2 + beside * tall))
  const top = Math.max(0, Math.floor(y2 - above * tall))
  const bottom = Math.min(height, Math.ceil(y2 + below * tall))
  let [tested, onSurface] = [0, 0]
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      if (y < y2 && x >= x1 && x < x2) continue
      tested++
      if (surfaceLikelihood(surface, colorAt(x, y)) >= surfaceThreshold) onSurface++
    }
  }
  return tested === 0 ? 0 : onSurface / tested
}
