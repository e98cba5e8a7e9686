import * as Plot from '@observablehq/plot'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { Slots } from '../../dist/runtime/slots.js'
import type { DetectedFrame } from '../../dist/types.js'
import { openDetector } from '../../dist/vision/detectors/detector.js'
import type { Model } from '../../dist/vision/detectors/model.js'
import { type Parts, partsFor, stepOf, uncounted } from '../harness/parts.js'
import type { Question } from '../harness/question.js'
import { median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'
import { openTruth } from '../sample/truth.js'
import { detectionScore } from '../score/detection.js'
import { type FrameMatches, matchFrame, type TrueBox } from '../score/matching.js'

interface Point {
  readonly inputSize: number
  /** Detection time of a frame on one thread, from resize to NMS. */
  readonly milliseconds: number
  readonly recall: number
  readonly precision: number
}

/** Scores the boxes that pass the default confidence and the pitch filter against the ground truth. */
async function pointAt(inputSize: number, parts: Parts, truthPath: string, frames: number): Promise<Point> {
  const detector = await openDetector(parts.view.model, { inputSize })
  const filter = await stepOf(parts.operators.find(({ name }) => name === 'pitch-filter')!) // on by default
  const truth = new Map<number, readonly TrueBox[]>()
  for await (const { frame, players } of (await openTruth(truthPath)).frames) truth.set(frame, players)
  const video = parts.frames()
  const times: number[] = []
  const matches: FrameMatches[] = []
  const stop = new AbortController()
  const slots = new Slots(1, video.frameBytes)
  const empty = { width: 0, height: 0, luma: new Uint8Array(0) }
  for await (const { value: frame, lease } of video.read(slots, stop.signal)) {
    const start = performance.now()
    const detections = await detector.detect(frame)
    times.push(performance.now() - start)
    const kept = (await filter({ frame, detections, thumbnail: empty }, uncounted)) as DetectedFrame[]
    const boxes = kept.flatMap(({ detections }) => detections.map(({ xyxy }, id) => ({ id, box: xyxy })))
    matches.push(matchFrame(truth.get(frame.index) ?? [], boxes))
    lease.release()
    if (times.length === frames) break
  }
  stop.abort()
  return { inputSize, milliseconds: median(times), ...detectionScore(matches) }
}

/** Median time of the network alone, in milliseconds. */
async function inference(model: Model, threads: number, runs: number): Promise<number> {
  const session = await InferenceSession.create(new Uint8Array(model.onnx), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  const [width, height] = [1280, 736]
  const image = new Tensor('float32', new Float32Array(3 * width * height).fill(0.1), [1, 3, height, width])
  const times: number[] = []
  for (let i = 0; i < runs + 1; i++) {
    const start = performance.now()
    await session.run({ image })
    times.push(performance.now() - start)
  }
  await session.release()
  return median(times.slice(1))
}

export const detector: Question = {
  name: 'detector',
  text: 'What do input size and threads of the detector cost, and how does recall depend on the size?',
  async answer({ quick, folder, log }) {
    const { video, truth } = await sampleMatch(6)
    const parts = await partsFor(video, folder)
    const points: Point[] = []
    for (const inputSize of quick ? [640, 1280, 1920] : [640, 800, 960, 1120, 1280, 1440, 1600, 1920]) {
      log(`${inputSize} pixels wide`)
      points.push(await pointAt(inputSize, parts, truth, quick ? 10 : 30))
    }
    const threads = []
    for (const count of [1, 2, 4]) {
      log(`${count} threads`)
      threads.push({ count, milliseconds: await inference(parts.view.model, count, quick ? 5 : 20) })
    }
    const oneThread = threads[0]!.milliseconds // the first count is 1
    return {
      tables: [
        {
          title: 'input size: the sample, 1080p, one thread',
          columns: ['long side', 'ms per frame', 'recall', 'precision', ''],
          rows: points.map(({ inputSize, milliseconds, recall, precision }) => [
            inputSize,
            milliseconds.toFixed(0),
            recall.toFixed(3),
            precision.toFixed(3),
            inputSize === parts.view.model.defaults.inputSize ? 'default' : '',
          ]),
        },
        {
          title: 'threads of one session: the network alone, 1280 × 736',
          columns: ['threads', 'ms', '× one thread', 'of its cores'],
          rows: threads.map(({ count, milliseconds }) => [
            count,
            milliseconds.toFixed(0),
            (oneThread / milliseconds).toFixed(2),
            `${((100 * oneThread) / milliseconds / count).toFixed(0)}%`,
          ]),
        },
      ],
      bars: [],
      plot: {
        x: { label: 'ms per frame on one core', grid: true, zero: true },
        y: { label: 'recall', grid: true },
        marks: [
          Plot.line(points, { x: 'milliseconds', y: 'recall', stroke: '#0072b2', marker: 'circle' }),
          Plot.text(points, { x: 'milliseconds', y: 'recall', text: 'inputSize', dy: -10 }),
        ],
      },
      notes: [
        'Recall and precision at IoU 0.5 of boxes with confidence 0.4 or more on the playing surface. Tracking raises recall.',
        'The default is one worker per core with one thread each: no thread waits for another.',
      ],
    }
  },
}
