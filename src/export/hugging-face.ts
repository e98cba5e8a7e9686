import type { Subset } from '../types.js'
import { type ExportImage, format } from './contract.js'
import { imageColumns, imageRow } from './image-columns.js'
import { type Column, ParquetFile } from './parquet-file.js'
import { Parts } from './parts.js'
import { recordOf } from './record.js'

/** Names that `datasets` takes for the splits of its own. */
const splits: Readonly<Record<Subset, string>> = { train: 'train', val: 'validation' }

/** Files that one folder holds at most, by identity: the Hub takes 10 000. */
const pathOf = ({ identity, run, frameIndex, augmentation }: ExportImage): string =>
  `${String(identity.id).padStart(5, '0')}/run_${run.number}_frame_${frameIndex}_${augmentation}.jpg`

/** A folder of pictures for each split, with `metadata.jsonl`. */
export const imagefolder = format({
  name: 'imagefolder',
  help: 'pictures with metadata.jsonl, for datasets of Hugging Face',
  settings: {},
  promised: 'run',
  async write(dataset, target) {
    const files = new Parts(
      subset => target.stream(`${splits[subset]}/metadata.jsonl`),
      file => file.publish(),
    )
    const hasNames = dataset.identities.some(({ name }) => name !== undefined)
    const isMeasured = dataset.identities.every(identity => identity.isMeasured)
    for await (const image of dataset.images()) {
      const { subset, jpeg } = image
      const folder = splits[subset]
      const file = await files.for(subset, () => true)
      const path = pathOf(image)
      await target.write(`${folder}/${path}`, jpeg)
      await file.append(metadataOf(path, image, hasNames, isMeasured))
      target.placed(image, subset)
    }
    await files.end()
  },
  load: root => ['import datasets', `data = datasets.load_dataset("imagefolder", data_dir=${root})`],
})

/**
 * `datasets` takes the type of a column from its values, and refuses splits in which they differ: numbers that may have
 * fractions always show one, a class always has a name, and names of a review and sharpness are on all images or on none.
 */
function metadataOf(path: string, image: ExportImage, hasNames: boolean, isMeasured: boolean): string {
  const { box, confidence, pts_ms, class_name, sharpness, ...whole } = recordOf(image)
  const { team = '', number = '', role = '' } = image.identity.name ?? {}
  const text = JSON.stringify({
    file_name: path,
    ...whole,
    class_name: class_name ?? `class ${image.classId}`,
    ...(hasNames && { team, number, role }),
  })
  const numbers = `"pts_ms":${decimal(pts_ms)},"box":[${box.map(decimal)}],"confidence":${decimal(confidence)}`
  const measured = isMeasured ? `,"sharpness":${decimal(sharpness ?? 0)}` : ''
  return `${text.slice(0, -1)},${numbers}${measured}}\n`
}

const decimal = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value))

const columns: readonly Column[] = [
  {
    name: 'image',
    compress: false,
    type: [
      { name: 'bytes', type: 'bytes' },
      { name: 'path', type: 'text' },
    ],
  },
  { name: 'run', type: 'whole' },
  ...imageColumns,
]

const dtypes = { text: 'string', whole: 'int32', number: 'float64', bytes: 'binary' } as const
/** Says that `image` is a picture: without it, a reader gives bytes. Source: datasets, Features.from_arrow_schema. */
const features = {
  info: {
    features: Object.fromEntries(
      columns.map(({ name, type }) => [
        name,
        typeof type === 'string' ? { dtype: dtypes[type], _type: 'Value' } : { _type: 'Image' },
      ]),
    ),
  },
}

/** Images of a file: those of a whole game would be too many for a reader that shuffles files. */
const fileBytes = 256 << 20

/** Parquet files with the pictures in them, `data/train-00000.parquet`. */
export const hfParquet = format({
  name: 'hf-parquet',
  help: 'Parquet files with the pictures in them, for datasets of Hugging Face',
  settings: {},
  promised: 'run',
  async write(dataset, target) {
    const parts = new Parts(
      async (subset, number) => {
        const path = `data/${splits[subset]}-${String(number).padStart(5, '0')}.parquet`
        const about = { huggingface: JSON.stringify(features) }
        return { file: await ParquetFile.in(target, path, columns, about), bytes: 0 }
      },
      ({ file }) => file.publish(),
    )
    for await (const image of dataset.images()) {
      const { subset, jpeg } = image
      const part = await parts.for(subset, ({ bytes }) => bytes + jpeg.length <= fileBytes)
      part.bytes += jpeg.length
      const row = { image: { bytes: jpeg, path: pathOf(image) }, run: image.run.number, ...imageRow(image) }
      await part.file.add(row, jpeg.length)
      target.placed(image, subset)
    }
    await parts.end()
  },
  load: root => ['import datasets', `data = datasets.load_dataset(${root})`],
})
