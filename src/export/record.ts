import type { ExportImage } from './contract.js'

/** What is known of an image, named as in the shards of a run (docs/formats.md). */
export const recordOf = (image: ExportImage) => ({
  identity: image.identity.id,
  run: image.run.number,
  video_guid: image.run.videoGuid,
  track_id: image.identity.trackId,
  subset: image.subset,
  augmentation: image.augmentation,
  frame_index: image.frameIndex,
  pts_ms: image.ptsMs,
  box: image.box,
  confidence: image.confidence,
  class_id: image.classId,
  class_name: image.className,
  sharpness: image.sharpness,
  ...image.identity.name,
})
