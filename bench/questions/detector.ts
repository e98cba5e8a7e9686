import * as Plot from '@observablehq/plot'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { pitchFilter } from '../../dist/operators/pitch-filter.js'
import { Slots } from '../../dist/runtime/slots.js'
import type { Model } from '../../dist/vision/detectors/model.js'
import { nanodet, nanodetDefaults } from '../../dist/vision/detectors/nanodet.js'
import { type Parts, partsFor, stepFor, uncounted } from '../harness/parts.js'
import type { Question } from '../harness/question.js'
import { median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'
import { openTruth } from '../sample/truth.js'
import { detectionScore } from '../score/detection.js'
import { type Judgement, judge } from '../score/judge.js'

interface Point {
  readonly inputSize: number
  /** Of a frame on one thread, resize and boxes included. */
  readonly milliseconds: number
  readonly recall: number
  readonly precision: number
}

/** Boxes that a user's settings believe, on the pitch, against what was drawn. */
async function pointAt(inputSize: number, parts: Parts, truthPath: string, frames: number): Promise<Point> {
  const detector = await nanodet(parts.runContext.model, { inputSize })
  const filter = await stepFor(pitchFilter, parts)
  const truth = new Map<number, Parameters<typeof judge>[0]>()
  for await (const { frame, players } of (await openTruth(truthPath)).frames) truth.set(frame, players)
  const video = parts.frames()
  const times: number[] = []
  const judgements: Judgement[] = []
  const stop = new AbortController()
  const slots = new Slots(1, video.frameBytes)
  const empty = { width: 0, height: 0, luma: new Uint8Array(0) }
  for await (const { value: frame, lease } of video.read(slots, stop.signal)) {
    const start = performance.now()
    const detections = await detector.detect(frame)
    times.push(performance.now() - start)
    const kept = await filter({ frame, detections, thumbnail: empty }, uncounted)
    const boxes = kept.flatMap(({ detections }) => detections.map(({ xyxy }, id) => ({ id, box: xyxy })))
    judgements.push(judge(truth.get(frame.index) ?? [], boxes))
    lease.release()
    if (times.length === frames) break
  }
  stop.abort()
  return { inputSize, milliseconds: median(times), ...detectionScore(judgements) }
}

/** Milliseconds of the network alone. */
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
  asks: 'What do input size and threads of the detector cost, and what do they find?',
  async answer({ quick, log }) {
    const { video, truth } = await sampleMatch(6)
    const parts = await partsFor(video)
    const points: Point[] = []
    for (const inputSize of quick ? [640, 1280, 1920] : [640, 800, 960, 1120, 1280, 1440, 1600, 1920]) {
      log(`${inputSize} pixels wide`)
      points.push(await pointAt(inputSize, parts, truth, quick ? 10 : 30))
    }
    const threads = []
    for (const count of [1, 2, 4]) {
      log(`${count} threads`)
      threads.push({ count, milliseconds: await inference(parts.runContext.model, count, quick ? 5 : 20) })
    }
    const alone = threads[0]!.milliseconds // one thread was run
    return {
      tables: [
        {
          title: 'input size: the sample, 1080p, one thread',
          columns: ['long side', 'ms a frame', 'recall', 'precision', ''],
          rows: points.map(({ inputSize, milliseconds, recall, precision }) => [
            inputSize,
            milliseconds.toFixed(0),
            recall.toFixed(3),
            precision.toFixed(3),
            inputSize === nanodetDefaults.inputSize ? 'default' : '',
          ]),
        },
        {
          title: 'threads of one session: the network alone, 1280 × 736',
          columns: ['threads', 'ms', '× one thread', 'of the cores it takes'],
          rows: threads.map(({ count, milliseconds }) => [
            count,
            milliseconds.toFixed(0),
            (alone / milliseconds).toFixed(2),
            `${((100 * alone) / milliseconds / count).toFixed(0)}%`,
          ]),
        },
      ],
      bars: [],
      plot: {
        x: { label: 'ms a frame on one core', grid: true, zero: true },
        y: { label: 'recall', grid: true },
        marks: [
          Plot.line(points, { x: 'milliseconds', y: 'recall', stroke: '#0072b2', marker: 'circle' }),
          Plot.text(points, { x: 'milliseconds', y: 'recall', text: 'inputSize', dy: -10 }),
        ],
      },
      notes: [
        'Recall and precision at IoU 0.5 of boxes from confidence 0.4 on that stand on the pitch, before tracking, which finds more.',
        'A worker for each core, with one thread each, takes no loss from threads that wait for each other: that is the default.',
      ],
    }
  },
}
