import { createHash } from 'node:crypto'
import { type ExportBox, type ExportFrame, type ExportImage, format } from './contract.js'

/**
 * A folder of FiftyOne: samples with the tag `frame`, with the boxes of everyone, of runs that kept their frames, and
 * samples with the tag `crop`, with their identity.
 */
export const fiftyone = format({
  name: 'fiftyone',
  help: 'frames with tracks, and crops with identities, for FiftyOne',
  settings: {},
  promised: 'run',
  showsFrames: true,
  async write(dataset, target) {
    await target.write('metadata.json', Buffer.from(`${JSON.stringify(description, null, 2)}\n`))
    const file = await target.stream('samples.json')
    let before = '{"samples": ['
    const add = async (sample: object): Promise<void> => {
      await file.append(`${before}\n${JSON.stringify(sample)}`)
      before = ','
    }
    for await (const frame of dataset.frames()) {
      if (frame.readPicture === undefined) continue
      const sample = sampleOfFrame(frame)
      await target.write(sample.filepath, await frame.readPicture())
      await add(sample)
    }
    for await (const image of dataset.images()) {
      const sample = sampleOfImage(image)
      await target.write(sample.filepath, image.jpeg)
      await add(sample)
      target.placed(image, image.subset)
    }
    await file.append('\n]}\n')
    await file.publish()
  },
  load: root => [
    'import fiftyone',
    `data = fiftyone.Dataset.from_dir(${root}, fiftyone.types.FiftyOneDataset)`,
    'crops, frames = data.match_tags("crop"), data.match_tags("frame")',
  ],
})

const digits = (value: number): string => String(value).padStart(6, '0')

function sampleOfFrame({ run, index, ptsMs, boxes }: ExportFrame) {
  const id = idOf(run.videoGuid, 'frame', index)
  const { number, width, height } = run
  return {
    ...sample(id, `data/frames/run_${number}/${digits(index)}.jpg`, ['frame']),
    metadata: { _cls: 'ImageMetadata', width, height },
    ...{ run: number, video_guid: run.videoGuid, frame_index: index, pts_ms: ptsMs },
    detections: {
      _cls: 'Detections',
      detections: boxes.map(box => detectionOf(box, idOf(id, box.trackId), width, height)),
    },
  }
}

/** Boxes are in shares of the frame: left, top, width, height. */
function detectionOf(
  { trackId, identity, box: [x1, y1, x2, y2], confidence, classId, className }: ExportBox,
  id: string,
  width: number,
  height: number,
) {
  return {
    ...{ _id: { $oid: id }, _cls: 'Detection', tags: [], attributes: {} },
    label: className ?? `class ${classId}`,
    bounding_box: [x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height],
    ...{ confidence, index: trackId, identity: identity?.id ?? null },
  }
}

function sampleOfImage(image: ExportImage) {
  const { run, identity, subset, augmentation, frameIndex, ptsMs, sharpness } = image
  const id = idOf(run.videoGuid, 'crop', identity.trackId, frameIndex, augmentation)
  const name = `run_${run.number}_frame_${digits(frameIndex)}_${augmentation}.jpg`
  const tags = ['crop', subset, ...(augmentation > 0 ? ['variant'] : [])]
  return {
    ...sample(id, `data/crops/${digits(identity.id)}/${name}`, tags),
    ...{ run: run.number, video_guid: run.videoGuid, frame_index: frameIndex, pts_ms: ptsMs },
    ...{ track_id: identity.trackId, augmentation, sharpness, ...identity.name },
    identity: {
      ...{ _id: { $oid: idOf(id, 'identity') }, _cls: 'Classification', tags: [] },
      label: String(identity.id),
    },
  }
}

/** `_rand` orders random samples; a share that depends on the sample alone is as good, and the same each time. */
const sample = (id: string, filepath: string, tags: readonly string[]) => ({
  ...{ _id: { $oid: id }, filepath, tags, _media_type: 'image' },
  _rand: Number.parseInt(id.slice(0, 12), 16) / 2 ** 48,
})

const idOf = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 24)

type Fields = readonly object[]

const field = (name: string, type: string, more: object = {}) => ({
  ...{ name, ftype: `fiftyone.core.fields.${type}`, embedded_doc_type: null, subfield: null, fields: [] },
  ...{ db_field: name, description: null, info: null, read_only: false, created_at: null },
  ...more,
})
const list = (name: string, type: string) =>
  field(name, 'ListField', { subfield: `fiftyone.core.fields.${type}` })
const embedded = (name: string, kind: string, fields: Fields) =>
  field(name, 'EmbeddedDocumentField', { embedded_doc_type: `fiftyone.core.${kind}`, fields })
const id = field('id', 'ObjectIdField', { db_field: '_id' })
const label = [id, list('tags', 'StringField'), field('label', 'StringField')]
const confidence = field('confidence', 'FloatField')

/** What FiftyOne has to know of the fields of a sample. Later versions of it convert what an earlier one wrote. */
const description = {
  version: '1.0.0',
  media_type: 'image',
  sample_fields: [
    ...[id, field('filepath', 'StringField'), list('tags', 'StringField')],
    embedded('metadata', 'metadata.ImageMetadata', [
      ...[field('size_bytes', 'IntField'), field('mime_type', 'StringField')],
      ...['width', 'height', 'num_channels'].map(name => field(name, 'IntField')),
    ]),
    ...['created_at', 'last_modified_at'].map(name => field(name, 'DateTimeField', { read_only: true })),
    ...[field('_media_type', 'StringField'), field('_rand', 'FloatField')],
    field('_dataset_id', 'ObjectIdField'),
    ...['run', 'frame_index', 'track_id', 'augmentation'].map(name => field(name, 'IntField')),
    ...['video_guid', 'team', 'number', 'role'].map(name => field(name, 'StringField')),
    ...['pts_ms', 'sharpness'].map(name => field(name, 'FloatField')),
    embedded('detections', 'labels.Detections', [
      field('detections', 'ListField', {
        ...{ embedded_doc_type: 'fiftyone.core.labels.Detection' },
        subfield: 'fiftyone.core.fields.EmbeddedDocumentField',
        fields: [...label, list('bounding_box', 'FloatField'), confidence]
          .concat(['index', 'identity'].map(name => field(name, 'IntField')))
          .concat(field('attributes', 'DictField')),
      }),
    ]),
    embedded('identity', 'labels.Classification', [...label, confidence, field('logits', 'VectorField')]),
  ],
}
