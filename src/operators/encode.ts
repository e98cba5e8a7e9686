import type { DatasetCrop, Sample } from '../types.js'
import { workerOperator } from './definition.js'
import { cropEncoder, type JpegOptions, jpegDefaults, jpegOptions, jpegSettings } from './jpeg.js'

/** Encodes each crop as a JPEG file of the dataset. */
export const encode = workerOperator({
  name: 'encode',
  title: 'images',
  module: import.meta.url,
  settings: jpegSettings,
  options: jpegOptions,
  defaults: jpegDefaults,
  step: (options: JpegOptions) => {
    const fileOf = cropEncoder(options)
    return (crop: DatasetCrop) => {
      const variant = crop.augmentation === 0 ? '' : `_aug${crop.augmentation}`
      const path = `datasets/${crop.subset}/${crop.key}${variant}.jpg`
      return [{ ...fileOf(path, crop), sample: sampleOf(crop) }]
    }
  },
})

function sampleOf({
  subset,
  frameIndex,
  ptsMs,
  detection,
  augmentation,
  width,
  height,
}: DatasetCrop): Sample {
  const { trackId, xyxy, confidence, classId, className, sharpness } = detection
  // Rounded as in detections.json, so that a run with --from gives the same.
  const rounded = Math.round(confidence * 1000) / 1000
  return {
    subset,
    trackId,
    frameIndex,
    ptsMs,
    xyxy,
    confidence: rounded,
    classId,
    className,
    sharpness,
    augmentation,
    width,
    height,
  }
}
