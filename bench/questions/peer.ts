import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as Plot from '@observablehq/plot'
import { z } from 'zod'
import { cropstream, measured, type Usage } from '../harness/program.js'
import { atLeast, atMost, type Question } from '../harness/question.js'
import { alternate, median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'
import { boxesFound, confidentBoxes, shareMatched } from '../score/boxes.js'
import { type RunScore, scoreRun } from '../score/dataset.js'

/** The fastest of those tried: see bench/peers/python/README.md. */
const bestThreads = ['--ort-threads', '1', '--detectors', '2', '--cv-threads', '1']

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** One run of one side. */
interface SideRun extends Usage {
  readonly frames: number
  readonly images: number
  /** Folder of detections.json, manifest.json and datasets/. */
  readonly root: string
  /** Seconds from the start of the command to the first image. */
  readonly firstImage: number
}

export const peer: Question = {
  name: 'peer',
  text: 'How does it compare with the same pipeline in Python?',
  async answer({ quick, folder, rounds, log }) {
    const match = await sampleMatch(quick ? 6 : 20)
    log('virtual environment')
    const python = (await promisify(execFile)('python3', [here('../peers/python/setup.py')])).stdout.trim()
    let made = 0
    const inCropstream = async (): Promise<SideRun> => {
      const cost = await cropstream(match.video, '--out', join(folder, `ours-${made++}`))
      const summary = cropstreamSummary.parse(lastJson(cost.stderr))
      return { ...cost, ...summary, firstImage: await firstImageOf(summary.root, cost) }
    }
    const inPython = (model: string, inputSize: number, options: readonly string[]) => async () => {
      const root = join(folder, `python-${made++}`)
      const fixed = [
        '--out',
        root,
        '--model',
        here(`../../models/${model}.onnx`),
        '--input-size',
        `${inputSize}`,
      ]
      const cost = await measured(python, [
        here('../peers/python/pipeline.py'),
        match.video,
        ...fixed,
        ...options,
      ])
      const summary = pythonSummary.parse(lastJson(cost.stdout))
      return { ...cost, ...summary, root, firstImage: await firstImageOf(root, cost) }
    }
    log('the input size that cropstream chooses')
    const inputSize = await inputSizeOf((await inCropstream()).root)
    const user = 'Python, COCO fp32 at 1280'
    const equal = `Python, our int8 file at ${inputSize}`
    const sides = {
      cropstream: inCropstream,
      [user]: inPython('nanodet', 1280, []),
      [`${user}, best threads`]: inPython('nanodet', 1280, bestThreads),
      [equal]: inPython('nanodet-sports-int8', inputSize, []),
      [`${equal}, best threads`]: inPython('nanodet-sports-int8', inputSize, bestThreads),
    }
    const results = await alternate(rounds, sides, log)
    const rows = await Promise.all(
      Object.entries(results).map(async ([name, runs]): Promise<Row> => {
        const { root, frames, images } = runs[0]! // at least one round; all rounds of a side give the same bytes
        return {
          ...{ name, frames, images, root },
          rate: median(runs.map(run => run.frames / run.wallSeconds)),
          cpu: median(runs.map(run => run.cpuSeconds / run.frames)),
          megabytes: median(runs.map(run => run.peakBytes)) / 1e6,
          firstImage: median(runs.map(run => run.firstImage)),
          score: await scoreRun(root, match.truth),
        }
      }),
    )
    const ours = rows[0]! // the first side
    const fastest = (side: string) =>
      rows.filter(({ name }) => name.startsWith(side)).reduce((a, b) => (b.rate > a.rate ? b : a))
    const [written, given] = [fastest(user), fastest(equal)]
    log('boxes of both sides, with one file at one size')
    const boxes = shareMatched(
      await confidentBoxes(match.video, inputSize),
      await boxesFound(join(given.root, 'detections.json')),
    )
    return {
      tables: [
        {
          title: `${ours.frames} frames, medians of ${rounds}`,
          columns: [
            ...['', 'frames/s', 'CPU s per frame', 'peak MB', 'first image s', 'images'],
            ...['recall', 'precision', 'IDF1', 'mask IoU'],
          ],
          rows: rows.map(({ name, rate, cpu, megabytes, firstImage, images, score }) => [
            name,
            rate.toFixed(2),
            cpu.toFixed(3),
            megabytes.toFixed(0),
            firstImage.toFixed(2),
            images,
            score.recall.toFixed(3),
            score.precision.toFixed(3),
            score.idf1.toFixed(3),
            score.maskIou.toFixed(3),
          ]),
        },
      ],
      bars: [
        atLeast(`frames/s ÷ ${written.name}`, ours.rate / written.rate, 2.2),
        atMost(`memory ÷ ${written.name}`, ours.megabytes / written.megabytes, 0.7),
        atLeast(`recall − ${written.name}`, ours.score.recall - written.score.recall, 0, 3),
        atLeast(`precision − ${written.name}`, ours.score.precision - written.score.precision, 0, 3),
        atLeast(`frames/s ÷ ${given.name}`, ours.rate / given.rate, 1.1),
        atLeast('share of equal boxes, same file and size', boxes, 0.98, 3),
        atMost('seconds to the first image', ours.firstImage, 1.5),
      ],
      plot: {
        marginLeft: 250,
        x: { label: 'frames/s', grid: true },
        y: { label: null },
        marks: [
          Plot.barX(rows, { x: 'rate', y: 'name', fill: '#0072b2', sort: { y: null } }),
          Plot.ruleX([0]),
        ],
      },
      notes: [
        'cropstream runs at its defaults. Python gets the file of NanoDet for COCO as its authors trained it, and then the file and the input size that cropstream chose. Bars are against the faster of its two thread settings.',
        'Equal boxes: of those with confidence 0.4 or more, the ones that Python also finds, with an IoU of 0.8 or more. Int8 inference turns a difference of a level in the input into a pixel of a box.',
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
  readonly firstImage: number
  readonly root: string
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

/** Seconds from the start of a command to its first image, by the time of the file. */
async function firstImageOf(root: string, { startedMs }: Usage): Promise<number> {
  const files = await readdir(join(root, 'datasets'), { recursive: true })
  const images = files.filter(name => name.endsWith('.jpg'))
  const times = await Promise.all(
    images.map(async name => (await stat(join(root, 'datasets', name))).mtimeMs),
  )
  return (times.reduce((a, b) => Math.min(a, b)) - startedMs) / 1000
}

const chosen = z.object({ detector: z.object({ input_size: z.number() }) })

async function inputSizeOf(root: string): Promise<number> {
  return chosen.parse(JSON.parse(await readFile(join(root, 'manifest.json'), 'utf8'))).detector.input_size
}
