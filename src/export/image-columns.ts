import type { ExportImage, Identity, RunInfo } from './contract.js'
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

/** What the columns are made from. */
export type ImageInRow = Omit<ExportImage, 'run' | 'identity' | 'jpeg'> & {
  readonly run: Pick<RunInfo, 'location' | 'videoGuid'>
  readonly identity: Pick<Identity, 'trackId' | 'name'> & { readonly id: number | string }
}

/** The values of `imageColumns`. Field by field: objects that are put together of others take three times as long. */
export const imageRow = ({ identity, run, box, ...image }: ImageInRow) => ({
  identity: identity.id,
  video_guid: run.videoGuid,
  track_id: identity.trackId,
  augmentation: image.augmentation,
  frame_index: image.frameIndex,
  pts_ms: image.ptsMs,
  x1: box[0],
  y1: box[1],
  x2: box[2],
  y2: box[3],
  confidence: image.confidence,
  sharpness: image.sharpness,
  class_id: image.classId,
  class_name: image.className,
  team: identity.name?.team ?? null,
  number: identity.name?.number ?? null,
  role: identity.name?.role ?? null,
})

/** Columns of an index, which says where the bytes of each image are. */
export const indexColumns: readonly Column[] = [
  ...columnsOf('text', 'run', 'path'),
  ...columnsOf('whole', 'offset', 'bytes'),
  ...columnsOf('text', 'split'),
  ...imageColumns,
]

/** The values of `indexColumns`. */
export const indexRow = (image: ImageInRow) => ({
  run: image.run.location,
  path: image.stored.path,
  offset: image.stored.offset,
  bytes: image.stored.bytes,
  split: image.subset,
  ...imageRow(image),
})
