import { availableParallelism } from 'node:os'
import * as Plot from '@observablehq/plot'
import { processVideo, type RunView } from '../../dist/index.js'
import { atLeast, atMost, type Question } from '../harness/question.js'
import { alternate, median } from '../harness/rounds.js'
import { ChildThreads, mainThreadSeconds } from '../harness/threads.js'
import { sampleMatch } from '../sample/reuse.js'
import { gameFrames } from './roofline.js'

/** CPU milliseconds of each frame by what does the work. */
interface FrameCost {
  readonly main: number
  /** All other threads of the process: workers, file writes, garbage collection. */
  readonly workers: number
  readonly ffmpeg: number
  /** The part of ffmpeg on its busiest thread. */
  readonly ffmpegThread: number
}

interface ScalingRun extends FrameCost {
  readonly framesPerSecond: number
  readonly dataset: string
}

/** Runs the graph without the start of the program, which does not scale. */
async function runWith(workers: number, video: string, out: string): Promise<ScalingRun> {
  let [start, main, view] = [0, 0, undefined as RunView | undefined]
  let before = process.cpuUsage()
  using children = new ChildThreads()
  const onStart = (started: RunView) => {
    ;[start, main, view] = [performance.now(), mainThreadSeconds(), started]
    before = process.cpuUsage()
  }
  const { framesRead, datasetSha256 } = await processVideo(video, { out, workers }, { onStart })
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(before)
  const perFrame = (cpuSeconds: number) => (1000 * cpuSeconds) / framesRead
  const mainSeconds = mainThreadSeconds() - main
  const ffmpeg = perFrame(view?.source.report.cpuSeconds ?? Number.NaN)
  return {
    framesPerSecond: framesRead / seconds,
    dataset: datasetSha256,
    main: perFrame(mainSeconds),
    workers: perFrame((user + system) / 1e6 - mainSeconds),
    ffmpeg,
    ffmpegThread: ffmpeg * children.busiestShare,
  }
}

/** Frames per second that N workers on N cores reach at most, by what bounds them. */
function boundsOf(workers: number, { main, workers: work, ffmpeg, ffmpegThread }: FrameCost) {
  const rate = (cores: number, milliseconds: number) => (1000 * cores) / milliseconds
  const [cores, mainThread] = [rate(workers, main + work + ffmpeg), rate(1, main)]
  const [least, by] = cores <= mainThread ? [cores, 'the cores'] : [mainThread, 'the main thread']
  const decoder = rate(1, ffmpegThread)
  return { workers, cores, mainThread, decoder, decoders: Math.ceil(least / decoder), least, by }
}

export const scaling: Question = {
  name: 'scaling',
  text: 'What do more workers gain, and what bounds them?',
  async answer({ quick, folder, rounds, log }) {
    const { video } = await sampleMatch(quick ? 6 : 60)
    const counts = [1, 2, 4, 8, 16, 32].filter(count => count <= Math.max(2, availableParallelism()))
    const sides = counts.map(count => [count, () => runWith(count, video, folder)] as const)
    const results = await alternate(rounds, Object.fromEntries(sides), log)
    const measured = counts.map(workers => {
      const runs = results[workers]! // all were run
      const of = (key: Exclude<keyof ScalingRun, 'dataset'>) => median(runs.map(run => run[key]))
      return {
        ...{ workers, rate: of('framesPerSecond'), main: of('main'), work: of('workers') },
        ...{ ffmpeg: of('ffmpeg'), ffmpegThread: of('ffmpegThread') },
      }
    })
    const one = measured[0]!
    const two = measured[1]! // at least two were run
    const most = measured.at(-1)!
    const bounds = [4, 8, 16, 32].map(count => boundsOf(count, { ...two, workers: two.work }))
    const sixteen = bounds[2]! // the third of the list
    const datasets = new Set(Object.values(results).flatMap(runs => runs.map(({ dataset }) => dataset)))
    return {
      tables: [
        {
          title: `the graph alone, medians of ${rounds}`,
          columns: [
            ...['workers', 'frames/s', '× one', 'CPU ms per frame: main thread', 'workers'],
            ...['ffmpeg', 'its busiest thread', 'main thread busy'],
          ],
          rows: measured.map(({ workers, rate, main, work, ffmpeg, ffmpegThread }) => [
            workers,
            rate.toFixed(2),
            (rate / one.rate).toFixed(2),
            main.toFixed(1),
            work.toFixed(1),
            ffmpeg.toFixed(1),
            ffmpegThread.toFixed(1),
            `${((main * rate) / 10).toFixed(0)}%`,
          ]),
        },
        {
          title: 'what bounds more workers with a core for each: frames/s from the CPU time at two workers',
          columns: ['workers', 'cores', 'main thread', 'one decoder', 'decoders needed', 'bound by'],
          rows: bounds.map(({ workers, cores, mainThread, decoder, decoders, by }) => [
            workers,
            cores.toFixed(0),
            mainThread.toFixed(0),
            decoder.toFixed(0),
            decoders,
            by,
          ]),
        },
      ],
      bars: [
        atMost('CPU ms per frame of the main thread', two.main, 8, 1),
        atMost('different datasets by all these workers', datasets.size, 1, 0),
        atMost('minutes for a 90-minute game on 16 cores, computed', gameFrames / sixteen.least / 60, 5, 1),
        ...(most.workers >= 16
          ? [atLeast('frames/s of 16 workers ÷ 1 worker', most.rate / one.rate, 12)]
          : []),
      ],
      plot: {
        x: { label: 'workers', domain: [0, most.workers * 1.1], ticks: counts.length },
        y: { label: 'frames/s', grid: true, zero: true },
        marks: [
          Plot.line(
            [0, most.workers].map(workers => ({ workers, rate: workers * one.rate })),
            { x: 'workers', y: 'rate', stroke: '#999', strokeDasharray: '4' },
          ),
          Plot.dot(measured, { x: 'workers', y: 'rate', r: 5, fill: '#0072b2' }),
        ],
      },
      notes: [
        'With fewer workers than cores, ffmpeg and the main thread have cores of their own; with as many, they share those of the workers, which lowers the gain.',
        'Cores: all CPU time of a frame, of ffmpeg too, spread over them. A frame costs the same with more workers only if the cores and their caches are not shared; the measured rows show it.',
        'One decoder is one ffmpeg, as fast as its busiest thread.',
      ],
    }
  },
}
