import type { ObjectStream } from '../storage/store.js'
import { type ExportBox, type ExportFrame, format, type RunInfo, type Target } from './contract.js'

/**
 * Sequences of MOTChallenge, one for each run: `gt/gt.txt`, `seqinfo.ini` and, where the run kept its frames, `img1/`.
 * `seqmaps/` lists them under the name that TrackEval looks for. The sampled frames are numbered from 1; `frames.csv` says which of the video they are. Ids are those of the tracks.
 */
export const mot = format({
  name: 'mot',
  help: 'sequences of MOTChallenge, for TrackEval and Datumaro',
  settings: {},
  promised: undefined,
  showsFrames: true,
  async write(dataset, target) {
    let sequence: Sequence | undefined
    for await (const frame of dataset.frames()) {
      if (sequence?.run !== frame.run) {
        await sequence?.end()
        sequence = await Sequence.start(frame.run, target)
      }
      await sequence.add(frame)
    }
    await sequence?.end()
    const names = ['name', ...dataset.runs.map(folderOf)].join('\n')
    await target.write('seqmaps/MOT17-train.txt', Buffer.from(`${names}\n`))
  },
  load: root => [
    'import trackeval  # trackers/NAME/data/run_1.txt: what a tracker found',
    `data = trackeval.datasets.MotChallenge2DBox({"GT_FOLDER": ${root}, "TRACKERS_FOLDER": "trackers", "SKIP_SPLIT_FOL": True})`,
    'results, _ = trackeval.Evaluator().evaluate([data], [trackeval.metrics.HOTA()])',
  ],
})

class Sequence {
  #length = 0
  #firstMs = 0
  #lastMs = 0

  private constructor(
    readonly run: RunInfo,
    readonly target: Target,
    readonly truth: ObjectStream,
    readonly frames: ObjectStream,
  ) {}

  static async start(run: RunInfo, target: Target): Promise<Sequence> {
    const folder = folderOf(run)
    const truth = await target.stream(`${folder}/gt/gt.txt`)
    const frames = await target.stream(`${folder}/frames.csv`)
    await frames.append('number,frame_index,pts_ms\n')
    return new Sequence(run, target, truth, frames)
  }

  async add({ index, ptsMs, boxes, readPicture }: ExportFrame): Promise<void> {
    const number = ++this.#length
    if (number === 1) this.#firstMs = ptsMs
    this.#lastMs = ptsMs
    for (const box of boxes) await this.truth.append(`${number},${lineOf(box)}\n`)
    await this.frames.append(`${number},${index},${ptsMs}\n`)
    if (readPicture === undefined) return
    await this.target.write(
      `${folderOf(this.run)}/img1/${String(number).padStart(6, '0')}.jpg`,
      await readPicture(),
    )
  }

  async end(): Promise<void> {
    await this.truth.publish()
    await this.frames.publish()
    const { run } = this
    const seconds = (this.#lastMs - this.#firstMs) / 1000
    const lines = [
      '[Sequence]',
      `name=${folderOf(run)}`,
      'imDir=img1',
      `frameRate=${seconds > 0 ? Number(((this.#length - 1) / seconds).toFixed(3)) : 1}`,
      `seqLength=${this.#length}`,
      `imWidth=${run.width}`,
      `imHeight=${run.height}`,
      'imExt=.jpg',
    ]
    await this.target.write(`${folderOf(run)}/seqinfo.ini`, Buffer.from(`${lines.join('\n')}\n`))
  }
}

const folderOf = ({ number }: RunInfo): string => `run_${number}`

/** `id, left, top, width, height, 1: to be considered, 1: the class pedestrian, 1: visible`; pixels from 0. */
function lineOf({ trackId, box: [x1, y1, x2, y2] }: ExportBox): string {
  const numbers = [x1, y1, x2 - x1, y2 - y1].map(value => Math.round(value * 100) / 100)
  return `${trackId},${numbers.join(',')},1,1,1`
}
