import { format } from './contract.js'
import { indexColumns, indexRow } from './image-columns.js'
import { ParquetFile } from './parquet-file.js'

/** One row for each image, which says where it lies in its run: `index.parquet`. No image is copied. */
export const parquet = format({
  name: 'parquet',
  help: 'an index of all images, which stay where they are, for DuckDB and pandas',
  settings: {},
  promised: 'run',
  async write(dataset, target) {
    const file = await ParquetFile.in(target, 'index.parquet', indexColumns)
    for await (const image of dataset.images()) {
      await file.add(indexRow(image))
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
