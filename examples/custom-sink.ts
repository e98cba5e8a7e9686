/**
 * A sink of your own, and the parts of a graph without the rest of a run: crops of players as JPEG, to wherever you
 * want them.
 *
 *     npm run build && npx tsc -p examples
 *     node examples/dist/custom-sink.js game.mp4
 */
import {
  chain,
  crop,
  detect,
  encode,
  findBinaries,
  type ImageFile,
  loadModel,
  probe,
  Run,
  type Sink,
  Slots,
  split,
  track,
  videoFrames,
  WorkerPool,
} from 'cropstream'

/** Counts bytes by player. */
class BytesByPlayer implements Sink<ImageFile> {
  readonly name = 'count'
  readonly bytes = new Map<number, number>()

  /** Should resolve when there is room for more: until then ffmpeg waits. */
  async write({ bytes, sample }: ImageFile): Promise<void> {
    if (sample === undefined) return
    this.bytes.set(sample.trackId, (this.bytes.get(sample.trackId) ?? 0) + bytes.length)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const [path = 'game.mp4'] = process.argv.slice(2)
const info = await probe(path, findBinaries())
const frames = videoFrames(info, { fps: 1 })
const sink = new BytesByPlayer()

const pool = new WorkerPool(2)
try {
  const run = new Run(pool, new Slots(6, frames.frameBytes))
  const images = chain(
    detect({ model: await loadModel() }),
    track(),
    crop({ padding: 0.1 }),
    split({ by: 'identity' }),
    encode(),
  )
  await run.into(sink, run.from(frames).pipe(run.through(images)))
  for (const [track, bytes] of sink.bytes) console.log(`player ${track}: ${bytes} bytes`)
} finally {
  await pool[Symbol.asyncDispose]()
}
