import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as Plot from '@observablehq/plot'
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
import { cropstream, measured, type Usage } from '../harness/program.js'
import { atLeast, atMost, type Question } from '../harness/question.js'
import { alternate, median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'
import { type RunScore, scoreRun } from '../score/dataset.js'

/** Least share of equal boxes for a comparison; with fewer, the sides do different work. */
const minMatched = 0.99
/** Least confidence of the boxes that are compared; fainter ones start no track. */
const confidentFrom = 0.4
/** Largest difference of a coordinate of two equal boxes, in pixels. */
const tolerance = 1

/** Of both sides: cropstream would choose one itself. */
const inputSize = 960
const sized = ['--input-size', `${inputSize}`]

/** The fastest of those tried: see bench/peers/python/README.md. */
const bestThreads = ['--ort-threads', '1', '--detectors', '2', '--cv-threads', '1']

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

type Boxes = ReadonlyMap<number, readonly Xyxy[]>

/** One run of one side. */
interface SideRun extends Usage {
  readonly frames: number
  readonly images: number
  /** Folder of detections.json, manifest.json and datasets/. */
  readonly root: string
}

export const peer: Question = {
  name: 'peer',
  text: 'How does it compare with the same pipeline in Python?',
  async answer({ quick, folder, rounds, log }) {
    const match = await sampleMatch(quick ? 6 : 20)
    log('virtual environment')
    const python = (await promisify(execFile)('python3', [here('../peers/python/setup.py')])).stdout.trim()
    const boxes = await confidentBoxes(match.video)
    let made = 0
    const inPython = (options: readonly string[]) => async (): Promise<SideRun> => {
      const root = join(folder, `python-${made++}`)
      const pipeline = here('../peers/python/pipeline.py')
      const cost = await measured(python, [pipeline, match.video, '--out', root, ...sized, ...options])
      return { ...cost, ...pythonSummary.parse(lastJson(cost.stdout)), root }
    }
    const sides = {
      cropstream: async (): Promise<SideRun> => {
        const cost = await cropstream(match.video, '--out', join(folder, `ours-${made++}`), ...sized)
        return { ...cost, ...cropstreamSummary.parse(lastJson(cost.stderr)) }
      },
      'Python, defaults': inPython([]),
      'Python, best threads': inPython(bestThreads),
    }
    const results = await alternate(rounds, sides, log)
    const rows = await Promise.all(
      Object.entries(results).map(async ([name, runs]) => {
        const { root, frames, images } = runs[0]! // at least one round; all rounds of a side give the same bytes
        const found = name === 'cropstream' ? boxes : await boxesFound(join(root, 'detections.json'))
        return {
          ...{ name, frames, images },
          rate: median(runs.map(run => run.frames / run.wallSeconds)),
          cpu: median(runs.map(run => run.cpuSeconds / run.frames)),
          megabytes: median(runs.map(run => run.peakBytes)) / 1e6,
          matched: shareMatched(boxes, found),
          score: await scoreRun(root, match.truth),
        }
      }),
    )
    const [ours, ...theirs] = rows as [Row, ...Row[]]
    const fastest = theirs.reduce((a, b) => (b.rate > a.rate ? b : a))
    const comparable = theirs.every(({ matched }) => matched >= minMatched)
    return {
      tables: [
        {
          title: `${ours.frames} frames, medians of ${rounds}`,
          columns: [
            ...['', 'frames/s', 'CPU s per frame', 'peak MB', 'images', 'equal boxes'],
            ...['recall', 'IDF1', 'mask IoU'],
          ],
          rows: rows.map(({ name, rate, cpu, megabytes, images, matched, score }) => [
            name,
            rate.toFixed(2),
            cpu.toFixed(3),
            megabytes.toFixed(0),
            images,
            `${(100 * matched).toFixed(1)}%${matched < minMatched ? ', not comparable' : ''}`,
            score.recall.toFixed(3),
            score.idf1.toFixed(3),
            score.maskIou.toFixed(3),
          ]),
        },
      ],
      bars: comparable
        ? [
            atLeast(`frames/s ÷ ${fastest.name}`, ours.rate / fastest.rate, 1.5),
            atMost(`memory ÷ ${fastest.name}`, ours.megabytes / fastest.megabytes, 1),
          ]
        : [],
      plot: {
        marginLeft: 130,
        x: { label: 'frames/s', grid: true },
        y: { label: null },
        marks: [
          Plot.barX(rows, { x: 'rate', y: 'name', fill: '#0072b2', sort: { y: null } }),
          Plot.ruleX([0]),
        ],
      },
      notes: [
        'Both sides run the same ONNX file on the same frames at the same size; boxes with confidence 0.4 or more are compared and may differ by a pixel.',
        'Time is that of the whole command, start-up included; memory is the resident size of the process and its children.',
      ],
    }
  },
}

interface Row {
  readonly name: string
  readonly frames: number
  readonly images: number
  readonly rate: number
  readonly cpu: number
  readonly megabytes: number
  readonly matched: number
  readonly score: RunScore
}

const cropstreamSummary = z.object({
  msg: z.literal('done'),
  frames: z.number(),
  images: z.number(),
  root: z.string(),
})
const pythonSummary = z.object({ frames: z.number(), images: z.number() })

const lastJson = (output: string): unknown => JSON.parse(output.trimEnd().split('\n').at(-1) ?? '')

/** Boxes of the detector of cropstream, before any filter, by frame; not timed. */
async function confidentBoxes(path: string): Promise<Map<number, Xyxy[]>> {
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

async function boxesFound(path: string): Promise<Map<number, Xyxy[]>> {
  const frames = entries.parse(JSON.parse(await readFile(path, 'utf8')))
  return new Map(frames.map(({ frame_index, raw }) => [frame_index, raw.boxes]))
}

/** Share of the expected boxes that were found, one to one; 0 if the frames are not the same. */
function shareMatched(expected: Boxes, found: Boxes): number {
  if (expected.size !== found.size) return 0
  let [all, matched] = [0, 0]
  for (const [index, boxes] of expected) {
    const free = [...(found.get(index) ?? [])]
    for (const box of boxes) {
      all++
      const at = free.findIndex(other => other.every((side, i) => Math.abs(side - box[i]!) <= tolerance))
      if (at === -1) continue
      free.splice(at, 1)
      matched++
    }
  }
  return all === 0 ? 0 : matched / all
}
