import { integer, number } from '../settings/setting.js'
import type { Crop, TrackedFrame, Xyxy } from '../types.js'
import { rgbOf } from '../vision/imaging/colors.js'
import { workerOperator } from './definition.js'

/** Smallest width and height of a crop in pixels, regardless of the options. */
const MIN_SIDE = 5

/** Copies the pixels of every tracked player out of the frame's slot, as RGB. */
export const crop = workerOperator({
  name: 'crop',
  module: import.meta.url,
  settings: {
    padding: number({
      from: 0,
      to: 1,
      default: 0,
      value: 'fraction',
      help: 'margin added on each side of a crop, as a fraction of the box',
    }),
    minHeight: integer({
      from: 5,
      to: 4096,
      default: 24,
      value: 'pixels',
      essential: true,
      help: 'drop players who are less tall than this, as too_small',
    }),
  },
  step:
    ({ padding, minHeight }) =>
    ({ frame, detections }: TrackedFrame, context) => {
      const crops: Crop[] = []
      for (const [d, detection] of detections.entries()) {
        const [x1, y1, x2, y2] = windowOf(detection.xyxy, padding, frame.width, frame.height)
        const [width, height] = [x2 - x1, y2 - y1]
        if (width < MIN_SIDE || height < Math.max(MIN_SIDE, minHeight)) {
          context.drop('too_small', 1, detection.xyxy)
          continue
        }
        const rgb = rgbOf(frame, { x: x1, y: y1, width, height })
        const key = `track_${detection.trackId}/crop_frame_${frame.index}_det_${d}`
        const { index: frameIndex, ptsMs } = frame
        crops.push({ key, frameIndex, ptsMs, detection, origin: { frame, x: x1, y: y1 }, width, height, rgb })
      }
      context.count(detections.length, crops.length)
      return crops
    },
})

/** The padded box, expanded to whole pixels and clipped to the frame. */
export function windowOf([x1, y1, x2, y2]: Xyxy, padding: number, width: number, height: number): Xyxy {
  const [dx, dy] = [(x2 - x1) * padding, (y2 - y1) * padding]
  return [
    Math.max(0, Math.floor(x1 - dx)),
    Math.max(0, Math.floor(y1 - dy)),
    Math.min(width, Math.ceil(x2 + dx)),
    Math.min(height, Math.ceil(y2 + dy)),
  ]
}
