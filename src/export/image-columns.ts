import type { ExportImage } from './contract.js'
import type { Column } from './parquet-file.js'

const columnsOf = (type: 'text' | 'whole' | 'number', ...names: string[]): Column[] =>
  names.map(name => ({ name, type }))

/** What a row of a Parquet file says of an image, beside where it is. A person that no review named has no name. */
export const imageColumns: readonly Column[] = [
  ...columnsOf('whole', 'identity'),
  ...columnsOf('text', 'video_guid'),
  ...columnsOf('whole', 'track_id', 'augmentation', 'frame_index'),
  ...columnsOf('number', 'pts_ms', 'x1', 'y1', 'x2', 'y2', 'confidence', 'sharpness'),
  ...columnsOf('whole', 'class_id'),
  ...columnsOf('text', 'class_name', 'team', 'number', 'role'),
]

/** The values of `imageColumns`. */
export const imageRow = ({ identity, run, box, ...image }: ExportImage) => ({
  ...{ identity: identity.id, video_guid: run.videoGuid, track_id: identity.trackId },
  ...{ augmentation: image.augmentation, frame_index: image.frameIndex, pts_ms: image.ptsMs },
  ...{ x1: box[0], y1: box[1], x2: box[2], y2: box[3], confidence: image.confidence },
  sharpness: image.sharpness,
  ...{ class_id: image.classId, class_name: image.className },
  ...{ team: null, number: null, role: null, ...identity.name },
})
