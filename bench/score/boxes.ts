import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import {
  chain,
  type DetectedFrame,
  detect,
  findBinaries,
  loadModel,
  probe,
  Run,
  type Sink,
  Slots,
  videoFrames,
  WorkerPool,
  type Xyxy,
} from '../../dist/index.js'
import { iou } from '../../dist/vision/detectors/nms.js'

/** Least confidence of the boxes that are compared; fainter ones start no track. */
const confidentFrom = 0.4
/** Least IoU of two equal boxes. */
const leastIou = 0.8

/** By frame. */
type Boxes = ReadonlyMap<number, readonly Xyxy[]>

/** Boxes of the detector of cropstream, before any filter, by frame; not timed. */
export async function confidentBoxes(path: string, inputSize: number): Promise<Map<number, Xyxy[]>> {
  const video = videoFrames(await probe(path, findBinaries()))
  const found = new Map<number, Xyxy[]>()
  const sink: Sink<DetectedFrame> = {
    name: 'collect',
    async write({ frame, detections }) {
      const confident = detections.filter(({ confidence }) => confidence >= confidentFrom)
      found.set(
        frame.index,
        confident.map(({ xyxy }) => xyxy),
      )
    },
    async [Symbol.asyncDispose]() {},
  }
  await using pool = new WorkerPool(2)
  const detector = detect({ model: await loadModel(), inputSize })
  const run = new Run(pool, new Slots(6, video.frameBytes))
  await run.into(sink, run.from(video).pipe(run.through(chain(detector))))
  return found
}

const entries = z.array(
  z.object({
    frame_index: z.number(),
    raw: z.object({ boxes: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])) }),
  }),
)

/** All boxes that the detector of the peer found. @param path of its detections.json. */
export async function boxesFound(path: string): Promise<Map<number, Xyxy[]>> {
  const frames = entries.parse(JSON.parse(await readFile(path, 'utf8')))
  return new Map(frames.map(({ frame_index, raw }) => [frame_index, raw.boxes]))
}

/** Share of the expected boxes that were found, one to one; 0 if the frames are not the same. */
export function shareMatched(expected: Boxes, found: Boxes): number {
  if (expected.size !== found.size) return 0
  let [all, matched] = [0, 0]
  for (const [index, boxes] of expected) {
    const free = [...(found.get(index) ?? [])]
    for (const box of boxes) {
      all++
      const at = free.findIndex(other => iou(other, box) >= leastIou)
      if (at === -1) continue
      free.splice(at, 1)
      matched++
    }
  }
  return all === 0 ? 0 : matched / all
}
