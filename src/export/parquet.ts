import { format } from './contract.js'
import { imageColumns, imageRow } from './image-columns.js'
import { type Column, ParquetFile } from './parquet-file.js'

const columns: readonly Column[] = [
  { name: 'run', type: 'text' },
  { name: 'path', type: 'text' },
  { name: 'offset', type: 'whole' },
  { name: 'bytes', type: 'whole' },
  { name: 'split', type: 'text' },
  ...imageColumns,
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
      const { run, stored, subset: split } = image
      await file.add({ run: run.location, ...stored, split, ...imageRow(image) })
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
