import { processVideo } from '../../dist/index.js'
import type { MainOperator, WorkerOperator } from '../../dist/runtime/operator.js'
import { Run } from '../../dist/runtime/run.js'
import type { Sink } from '../../dist/runtime/sink.js'
import { Slots } from '../../dist/runtime/slots.js'
import type { Source } from '../../dist/runtime/source.js'
import { chain } from '../../dist/runtime/wiring.js'
import { WorkerPool } from '../../dist/runtime/worker-pool.js'
import type { Frame } from '../../dist/types.js'
import { rgbPlanes } from '../../dist/vision/imaging/planes.js'
import { atMost, type Question } from '../harness/question.js'
import { alternate, median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'

const WORKERS = 2
/** As in the sample: images made from a frame, and bytes of one. */
const [IMAGES_PER_FRAME, IMAGE_BYTES] = [48, 3300]

interface Image {
  readonly frameIndex: number
  readonly rgb: Uint8Array<ArrayBuffer>
}

const module = new URL('../harness/no-op.mjs', import.meta.url).href
const track: MainOperator<'track', Frame, Frame> = {
  name: 'track',
  make: () => ({ step: frame => [frame], snapshot: () => undefined, restore() {} }),
}
const crop = (crops: number): WorkerOperator<'crop', Frame, Image> => ({
  name: 'crop',
  module,
  options: { crops, bytes: IMAGE_BYTES },
})
const encode: WorkerOperator<'encode', Image, Image> = { name: 'encode', module, options: {} }

const size = { width: 1920, height: 1080 }

/** Full HD frames whose pixels are never filled. */
class BlankFrames implements Source<Frame> {
  readonly name = 'video'
  constructor(readonly count: number) {}

  async *read(slots: Slots, signal: AbortSignal) {
    for (let index = 0; index < this.count; index++) {
      const { bytes, lease } = await slots.take(signal)
      const frame = { index, ptsMs: index * 200, ...size, planes: bytes, encoding: rgbPlanes }
      yield { origin: frame, value: frame, lease }
    }
  }
}

class NullSink implements Sink<unknown> {
  readonly name = 'write'
  async write(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** CPU time of all threads in microseconds, divided by the frames. */
async function overhead(pool: WorkerPool, frames: number, crops: number): Promise<number> {
  const run = new Run(pool, new Slots(WORKERS * 2 + 2, size.width * size.height * 3))
  const noWork = run.through(chain(track, crop(crops), encode))
  const before = process.cpuUsage()
  await run.into(new NullSink(), run.from(new BlankFrames(frames)).pipe(noWork))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / frames
}

/** Runs operators without work, so that only the runtime takes time. */
export const handoff: Question = {
  name: 'handoff',
  text: 'What does the runtime cost beside the work of the steps?',
  async answer({ quick, folder, rounds, log }) {
    const frames = quick ? 2000 : 10_000
    await using pool = new WorkerPool(WORKERS)
    await overhead(pool, 500, IMAGES_PER_FRAME)
    const sides = {
      'a frame without crops': () => overhead(pool, frames, 0),
      [`a frame with ${IMAGES_PER_FRAME} images`]: () => overhead(pool, frames / 10, IMAGES_PER_FRAME),
    }
    const costs = Object.entries(await alternate(rounds, sides, log)).map(([name, values]) => ({
      name,
      microseconds: median(values),
    }))
    const [bare, full] = costs as [(typeof costs)[0], (typeof costs)[0]]
    log('work of a frame of the sample')
    const { video } = await sampleMatch(6)
    const summary = await processVideo(video, { out: folder, workers: WORKERS })
    const [, ...counts] = summary.steps.values() // without the source, which only waits
    const workMs = counts.reduce((sum, { workMs }) => sum + workMs, 0) / summary.framesRead
    // A frame has two hand-offs: to detection, and to the steps that make images.
    const perFrame = (bare.microseconds + full.microseconds) / 1000
    const perImage = (full.microseconds - bare.microseconds) / IMAGES_PER_FRAME
    return {
      tables: [
        {
          title: `CPU time of the runtime, medians of ${rounds}`,
          columns: ['what', 'microseconds'],
          rows: [
            ...costs.map(({ name, microseconds }) => [name, microseconds.toFixed(0)]),
            ['each further image', perImage.toFixed(1)],
          ],
        },
        {
          title: 'a frame of the sample with its two hand-offs',
          columns: ['runtime ms', 'work ms', 'share'],
          rows: [[perFrame.toFixed(2), workMs.toFixed(0), `${((100 * perFrame) / workMs).toFixed(2)}%`]],
        },
      ],
      bars: [atMost('runtime ÷ work of a frame', perFrame / workMs, 0.02, 4)],
      notes: ['CPU time of the main thread, the workers and the garbage collector together.'],
    }
  },
}
