import { readFileSync } from 'node:fs'
import * as Plot from '@observablehq/plot'
import { processVideo, type RunView } from '../../dist/index.js'
import { atLeast, atMost, type Question } from '../harness/question.js'
import { alternate, median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'

interface RunFigures {
  readonly framesPerSecond: number
  /** CPU time of the main thread, as a share of the wall time. */
  readonly main: number
  /** CPU seconds of ffmpeg per frame. */
  readonly ffmpeg: number
}

/** User and system time of the main thread, whose id is that of the process. Needs /proc; precise to 10 ms. */
function mainThreadSeconds(): number {
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Times the graph alone, without the start of the program, which does not scale. */
export const scaling: Question = {
  name: 'scaling',
  text: 'What does a second worker gain, and what would bound more workers?',
  async answer({ quick, folder, rounds, log }) {
    const { video } = await sampleMatch(quick ? 6 : 20)
    const run = (workers: number) => async (): Promise<RunFigures> => {
      let [start, cpu] = [0, 0]
      let view: RunView | undefined
      const { framesRead } = await processVideo(
        video,
        { out: folder, workers },
        {
          onStart: started => {
            view = started
            start = performance.now()
            cpu = mainThreadSeconds()
          },
        },
      )
      const seconds = (performance.now() - start) / 1000
      return {
        framesPerSecond: framesRead / seconds,
        main: (mainThreadSeconds() - cpu) / seconds,
        ffmpeg: (view?.source.report.cpuSeconds ?? Number.NaN) / framesRead,
      }
    }
    const results = await alternate(rounds, { 1: run(1), 2: run(2) }, log)
    const sides = [1, 2].map(workers => {
      const runs = results[workers]! // both were run
      const [rate, main, ffmpeg] = (['framesPerSecond', 'main', 'ffmpeg'] as const).map(key =>
        median(runs.map(run => run[key])),
      ) as [number, number, number]
      return { workers, rate, main, ffmpeg }
    })
    const [one, two] = sides as [(typeof sides)[0], (typeof sides)[0]]
    const gain = two.rate / one.rate
    // The work of the main thread is proportional to the frames.
    const mainMs = (1000 * two.main) / two.rate
    const saturation = Math.floor(2 / two.main)
    const decoders = 1 / two.ffmpeg / (two.rate / 2)
    return {
      tables: [
        {
          title: `the graph alone, medians of ${rounds}`,
          columns: ['workers', 'frames/s', '× one', 'main thread busy', 'ffmpeg CPU ms per frame'],
          rows: sides.map(({ workers, rate, main, ffmpeg }) => [
            workers,
            rate.toFixed(2),
            (rate / one.rate).toFixed(2),
            `${(100 * main).toFixed(1)}%`,
            (1000 * ffmpeg).toFixed(0),
          ]),
        },
        {
          title: 'what would bound more workers, with a core for each',
          columns: ['what', 'CPU ms per frame', 'saturated by'],
          rows: [
            ['main thread', mainMs.toFixed(1), `${saturation} workers`],
            ['one core of ffmpeg', (1000 * two.ffmpeg).toFixed(0), `${decoders.toFixed(0)} workers`],
          ],
        },
      ],
      bars: [
        atLeast('frames/s of 2 workers ÷ 1 worker', gain, 1.8),
        atMost('main thread busy at 2 workers', two.main, 0.15),
      ],
      plot: {
        x: { label: 'workers', domain: [0, 2.2], ticks: 2 },
        y: { label: 'frames/s', grid: true, zero: true },
        marks: [
          Plot.line(
            [0, 2].map(workers => ({ workers, rate: workers * one.rate })),
            { x: 'workers', y: 'rate', stroke: '#999', strokeDasharray: '4' },
          ),
          Plot.dot(sides, { x: 'workers', y: 'rate', r: 5, fill: '#0072b2' }),
        ],
      },
      notes: [
        'With one worker, ffmpeg and the main thread have a core of their own; with two, they share the cores of the workers, which lowers the gain.',
        'Busy is the CPU time of the main thread; it is extrapolated linearly, because its work is proportional to the frames.',
        'ffmpeg decodes on several threads, so one core is no bound where more are free.',
      ],
    }
  },
}
