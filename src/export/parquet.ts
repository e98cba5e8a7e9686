import { format } from './contract.js'
import { type Column, ParquetFile } from './parquet-file.js'

const columns: readonly Column[] = [
  { name: 'run', type: 'text' },
  { name: 'path', type: 'text' },
  { name: 'offset', type: 'whole' },
  { name: 'bytes', type: 'whole' },
  { name: 'identity', type: 'whole' },
  { name: 'video_guid', type: 'text' },
  { name: 'track_id', type: 'whole' },
  { name: 'split', type: 'text' },
  { name: 'augmentation', type: 'whole' },
  { name: 'frame_index', type: 'whole' },
  { name: 'pts_ms', type: 'number' },
  { name: 'x1', type: 'number' },
  { name: 'y1', type: 'number' },
  { name: 'x2', type: 'number' },
  { name: 'y2', type: 'number' },
  { name: 'confidence', type: 'number' },
  { name: 'class_id', type: 'whole' },
  { name: 'class_name', type: 'text' },
]

/** One row for each image, which says where it lies in its run: `index.parquet`. No image is copied. */
export const parquet = format({
  name: 'parquet',
  help: 'an index of all images, which stay where they are, for DuckDB and pandas',
  settings: {},
  promised: 'run',
  async write(dataset, target) {
    const file = await ParquetFile.in(target, 'index.parquet', columns)
    for await (const image of dataset.images()) {
      const { run, identity, stored, box } = image
      await file.add({
        run: run.location,
        ...stored,
        identity: identity.id,
        video_guid: run.videoGuid,
        track_id: identity.trackId,
        split: image.subset,
        augmentation: image.augmentation,
        frame_index: image.frameIndex,
        pts_ms: image.ptsMs,
        ...{ x1: box[0], y1: box[1], x2: box[2], y2: box[3] },
        confidence: image.confidence,
        class_id: image.classId,
        class_name: image.className,
      })
      target.placed(image, image.subset)
    }
    await file.publish()
  },
  load: root => [
    'import duckdb',
    `data = duckdb.read_parquet(${root} + "/index.parquet")`,
    'duckdb.sql("select split, count(*), count(distinct identity) from data group by all").show()',
  ],
})
