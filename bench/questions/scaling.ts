import { readFileSync } from 'node:fs'
import * as Plot from '@observablehq/plot'
import { processVideo, type RunView } from '../../dist/index.js'
import { atLeast, atMost, type Question } from '../harness/question.js'
import { alternate, median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'

interface Ran {
  readonly framesPerSecond: number
  /** CPU time of the main thread as a share of the time. */
  readonly main: number
  /** CPU seconds of ffmpeg a frame. */
  readonly ffmpeg: number
}

/** User and system time of the thread whose id is that of the process; in hundredths. Needs Linux's /proc. */
function mainThreadSeconds(): number {
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Only the graph is timed, from its first frame to its last: what comes before does not scale. */
export const scaling: Question = {
  name: 'scaling',
  asks: 'What does a second worker give, and what would bound more of them?',
  async answer({ quick, folder, rounds, log }) {
    const { video } = await sampleMatch(quick ? 6 : 20)
    const run = (workers: number) => async (): Promise<Ran> => {
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
    const ran = await alternate(rounds, { 1: run(1), 2: run(2) }, log)
    const sides = [1, 2].map(workers => {
      const of = ran[workers]! // both were run
      const [rate, main, ffmpeg] = (['framesPerSecond', 'main', 'ffmpeg'] as const).map(key =>
        median(of.map(one => one[key])),
      ) as [number, number, number]
      return { workers, rate, main, ffmpeg }
    })
    const [one, two] = sides as [(typeof sides)[0], (typeof sides)[0]]
    const gain = two.rate / one.rate
    // What the main thread does grows with the frames that it is given.
    const mainMs = (1000 * two.main) / two.rate
    const saturation = Math.floor(2 / two.main)
    const decoders = 1 / two.ffmpeg / (two.rate / 2)
    return {
      tables: [
        {
          title: `the graph alone, medians of ${rounds}`,
          columns: ['workers', 'frames/s', '× one', 'main thread busy', 'ffmpeg CPU ms a frame'],
          rows: sides.map(({ workers, rate, main, ffmpeg }) => [
            workers,
            rate.toFixed(2),
            (rate / one.rate).toFixed(2),
            `${(100 * main).toFixed(1)}%`,
            (1000 * ffmpeg).toFixed(0),
          ]),
        },
        {
          title: 'what would bound more workers, on a machine with a core for each',
          columns: ['what', 'CPU ms a frame', 'is used up by'],
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
        'With one worker the second core is free for ffmpeg and the main thread; with two, all share two cores: that alone costs the gain what decoding takes.',
        'Busy is CPU time of the main thread, as the kernel counts it; extrapolated linearly, since what it does is per frame.',
        'ffmpeg decodes on several threads, so a core of it is no bound by itself where more are free.',
      ],
    }
  },
}
