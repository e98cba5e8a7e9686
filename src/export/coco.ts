import { type ExportBox, type ExportFrame, format, type RunInfo } from './contract.js'

/**
 * COCO detection with `track_id` and `identity` for each box: `annotations/instances_default.json`, and in
 * `images/default` the frames of runs that kept them.
 */
export const coco = format({
  name: 'coco',
  help: 'boxes and tracks of every frame, for pycocotools, FiftyOne and Datumaro',
  settings: {},
  promised: undefined,
  showsFrames: true,
  async write(dataset, target) {
    const classes = new Map<number, string>()
    const file = await target.stream('annotations/instances_default.json')
    await file.append('{"info":{"description":"players, by cropstream"},"licenses":[],\n"images":[')
    let images = 0
    for await (const frame of dataset.frames()) {
      const { run, index, ptsMs, boxes, readPicture } = frame
      const { width, height, videoGuid } = run
      const name = nameOf(run, frame)
      const about = { width, height, video_guid: videoGuid, frame_index: index, pts_ms: ptsMs }
      await file.append(row(images++, { id: images, file_name: name, ...about }))
      for (const { classId, className } of boxes) classes.set(classId, className ?? `class ${classId}`)
      if (readPicture !== undefined) await target.write(`images/default/${name}`, await readPicture())
    }
    await file.append('\n],\n"annotations":[')
    let [image, annotations] = [0, 0]
    for await (const { boxes } of dataset.frames()) {
      image++
      for (const box of boxes) {
        await file.append(row(annotations++, { id: annotations, image_id: image, ...annotationOf(box) }))
      }
    }
    await file.append('\n],\n"categories":[')
    const named = [...classes].sort(([a], [b]) => a - b)
    for (const [i, [id, name]] of named.entries()) await file.append(row(i, { id: id + 1, name }))
    await file.append('\n]}\n')
    await file.publish()
  },
  load: root => [
    'from pycocotools.coco import COCO',
    `data = COCO(${root} + "/annotations/instances_default.json")`,
  ],
})

const row = (before: number, value: object): string => `${before === 0 ? '' : ','}\n${JSON.stringify(value)}`

const nameOf = ({ number }: RunInfo, { index }: ExportFrame): string => `run_${number}_frame_${index}.jpg`

/**
 * Categories are numbered from 1: many readers take 0 for the background. Datumaro and CVAT look for what is not COCO's in
 * `attributes`.
 */
function annotationOf({ box: [x1, y1, x2, y2], classId, confidence, trackId, identity }: ExportBox) {
  const of = { track_id: trackId, ...(identity !== undefined && { identity: identity.id }) }
  const bbox = [x1, y1, x2 - x1, y2 - y1].map(hundredths)
  return {
    category_id: classId + 1,
    bbox,
    area: hundredths((x2 - x1) * (y2 - y1)),
    segmentation: [],
    iscrowd: 0,
    score: confidence,
    ...of,
    attributes: of,
  }
}

const hundredths = (value: number): number => Math.round(value * 100) / 100
