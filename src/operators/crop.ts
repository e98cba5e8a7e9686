import type { MakeStep, Operator } from '../runtime/operator.js'
import type { Crop, StoredFrame, TrackedFrame, Xyxy } from '../types.js'
import { readCrops } from './read-crops.js'

export interface CropOptions {
  /** Added on each side, as a fraction of the box's own width and height. */
  readonly padding: number
  /** Players less tall than this, in pixels of the video, are dropped as `too_small`. */
  readonly minHeight: number
}

export const cropDefaults: CropOptions = { padding: 0, minHeight: 24 }

/** Narrower or lower than this is no picture of anything, whatever the options say. */
const MIN_SIDE = 5

/**
 * Cuts every tracked player out of the frame's slot, into pixels of the crop's own. The crops of a frame from
 * which an earlier run has cut them are decoded.
 */
export const crop = (
  options: Partial<CropOptions> = {},
): Operator<TrackedFrame | StoredFrame, Crop, CropOptions> => ({
  name: 'crop',
  module: import.meta.url,
  options: { ...cropDefaults, ...options },
})

export const step: MakeStep<TrackedFrame | StoredFrame, Crop, CropOptions> =
  ({ padding, minHeight }) =>
  (input, tally) => {
    if ('crops' in input) {
      tally.count(input.crops.length, input.crops.length)
      return readCrops(input)
    }
    const { frame, detections } = input
    const crops: Crop[] = []
    detections.forEach((detection, d) => {
      const [x1, y1, x2, y2] = windowOf(detection.xyxy, padding, frame.width, frame.height)
      const [width, height] = [x2 - x1, y2 - y1]
      if (width < MIN_SIDE || height < Math.max(MIN_SIDE, minHeight)) {
        tally.drop('too_small', 1, detection.xyxy)
        return
      }
      const rgb = new Uint8Array(width * height * 3)
      for (let y = 0; y < height; y++) {
        const start = ((y1 + y) * frame.width + x1) * 3
        rgb.set(frame.rgb.subarray(start, start + width * 3), y * width * 3)
      }
      const key = `track_${detection.trackId}/crop_frame_${frame.index}_det_${d}`
      crops.push({ key, frameIndex: frame.index, ptsMs: frame.ptsMs, detection, width, height, rgb })
    })
    tally.count(detections.length, crops.length)
    return crops
  }

/** The whole pixels that a padded box touches, inside the frame. */
function windowOf([x1, y1, x2, y2]: Xyxy, padding: number, width: number, height: number): Xyxy {
  const [dx, dy] = [(x2 - x1) * padding, (y2 - y1) * padding]
  return [
    Math.max(0, Math.floor(x1 - dx)),
    Math.max(0, Math.floor(y1 - dy)),
    Math.min(width, Math.ceil(x2 + dx)),
    Math.min(height, Math.ceil(y2 + dy)),
  ]
}
