import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as Plot from '@observablehq/plot'
import { capacityOf } from '../../dist/fleet/capacity.js'
import { type Clips, shortClips } from '../fleet/clips.js'
import { clipCost, gameCost } from '../fleet/costs.js'
import { type Validation, validate } from '../fleet/validate.js'
import { type WeekendRun, weekend, weekendRuns } from '../fleet/weekend.js'
import { command, cropstream, measured, type Usage } from '../harness/program.js'
import { atLeast, atMost, type Question, type ResultTable } from '../harness/question.js'
import { alternate, median } from '../harness/rounds.js'

const oneProcess = fileURLToPath(new URL('../fleet/one-process.mjs', import.meta.url))

type Cost = Pick<Usage, 'wallSeconds' | 'cpuSeconds' | 'peakBytes'>

/** The program, started anew for each clip. */
async function inLoop(paths: readonly string[], out: string): Promise<Cost> {
  const runs: Usage[] = []
  for (const path of paths) runs.push(await cropstream(path, '--out', out))
  const sum = (key: 'wallSeconds' | 'cpuSeconds') => runs.reduce((sum, run) => sum + run[key], 0)
  return {
    ...{ wallSeconds: sum('wallSeconds'), cpuSeconds: sum('cpuSeconds') },
    peakBytes: Math.max(...runs.map(({ peakBytes }) => peakBytes)),
  }
}

/** Each way to work through the clips once, by its name. */
function waysFor({ folder: list, paths }: Clips, folder: string) {
  let outs = 0
  const out = () => join(folder, `way-${++outs}`)
  const batch = (...args: string[]) => command('batch', list, '--quiet', '--out', out(), ...args)
  const usual = capacityOf({}, undefined, paths.length).parallel
  const others = [1, 2].filter(parallel => parallel !== usual)
  return {
    'one process': () => measured(process.execPath, [oneProcess, out(), ...paths]),
    [`batch, its default: --parallel ${usual}`]: () => batch(),
    ...Object.fromEntries(
      others.map(parallel => [`batch --parallel ${parallel}`, () => batch('--parallel', String(parallel))]),
    ),
    'a process for each': () => inLoop(paths, out()),
  }
}

/** Measures a batch beside one process, and computes what many machines would do. */
export const fleet: Question = {
  name: 'fleet',
  text: 'What does a batch cost beside one process that is kept busy, and what do more machines gain?',
  async answer({ quick, folder, log }) {
    const clips = await shortClips(quick ? 8 : 50)
    // One round of 50 clips is as good as several of fewer.
    const ways = await alternate(1, waysFor(clips, folder), log)
    const rows = Object.entries(ways).map(([name, runs]) => {
      const of = (key: keyof Cost) => median(runs.map(run => run[key]))
      return {
        name,
        rate: clips.paths.length / of('wallSeconds'),
        cpu: of('cpuSeconds'),
        megabytes: of('peakBytes') / 1e6,
      }
    })
    const [one, usual] = [rows[0]!, rows[1]!] // see `waysFor`
    log('the cost of a clip')
    const cost = await clipCost(clips, folder, quick ? 1 : 5)
    const validations = await validate(clips, cost, folder, log)
    log('the cost of a game')
    const game = await gameCost(quick ? 6 : 60, weekend.cores, folder)
    log('many machines')
    const runs = weekendRuns(game)
    return {
      tables: [
        {
          title: `${clips.paths.length} clips of 2 to 4 s, ${availableParallelism()} cores`,
          columns: ['way', 'videos/s', '÷ one process', 'CPU s', 'peak MB'],
          rows: rows.map(({ name, rate, cpu, megabytes }) => [
            ...[name, rate.toFixed(3), (rate / one.rate).toFixed(2)],
            ...[cpu.toFixed(1), megabytes.toFixed(0)],
          ]),
        },
        validationTable(validations),
        weekendTable(runs),
      ],
      bars: [
        atLeast('videos/s of a batch ÷ one process', usual.rate / one.rate, 0.95),
        ...validations.map(({ parallel, simulated, real }) =>
          atMost(`|simulated ÷ real − 1|, --parallel ${parallel}`, Math.abs(simulated / real - 1), 0.1),
        ),
      ],
      plot: {
        x: { label: 'machines', type: 'log', ticks: [...weekend.machines], tickFormat: 'd' },
        y: { label: 'hours', type: 'log', grid: true, tickFormat: '~r' },
        marks: [
          Plot.line(
            runs.map(run => ({ machines: run.machines, hours: idealHours(run) })),
            { x: 'machines', y: 'hours', stroke: '#999', strokeDasharray: '4' },
          ),
          Plot.dot(
            runs.map(({ machines, seconds }) => ({ machines, hours: seconds / 3600 })),
            { x: 'machines', y: 'hours', r: 5, fill: '#0072b2' },
          ),
        ],
      },
      notes: [
        'One process calls `processVideo` for one clip after the other; Node, the imports and compiled code are there already for all but the first.',
        `A clip alone, one worker: ${costText(cost)}. The simulated seconds come from these figures, the number of cores and the time of a batch of which all is done.`,
        `A game alone on ${weekend.cores} cores: ${costText(game)}. A frame is taken to keep the same share of the cores busy as on the ${availableParallelism()} here.`,
        'Many machines: preempted 0.1 times an hour each, one in ten times without the notice; 60 s to boot, 180 s more to replace one, given back after 300 s without work. Medians of 9 runs. The dashed line is the work divided by all cores.',
        'Efficiency is the work of the games ÷ the core-hours paid for: booting, cores that wait within a run, repeated work, and machines without work at the end are the rest.',
      ],
    }
  },
}

const idealHours = ({ usefulCoreSeconds, machines }: WeekendRun): number =>
  usefulCoreSeconds / (machines * weekend.cores) / 3600

const costText = ({ start, frame }: Awaited<ReturnType<typeof gameCost>>): string =>
  `${start.seconds.toFixed(2)} s and ${start.coreSeconds.toFixed(2)} core-seconds to start, ${(1000 * frame.seconds).toFixed(1)} and ${(1000 * frame.coreSeconds).toFixed(1)} ms a frame`

const validationTable = (validations: readonly Validation[]): ResultTable => ({
  title: 'the simulation beside real batches, --workers 1',
  columns: ['processes', 'simulated s', 'real s', 'simulated ÷ real', 'core-seconds simulated', 'real'],
  rows: validations.map(({ parallel, simulated, real, simulatedCore, realCore }) => [
    ...[parallel, simulated.toFixed(1), real.toFixed(1), (simulated / real).toFixed(2)],
    ...[simulatedCore.toFixed(0), realCore.toFixed(0)],
  ]),
})

const weekendTable = (runs: readonly WeekendRun[]): ResultTable => ({
  title: `${weekend.games} games of 45 to 120 minutes, simulated: machines of ${weekend.cores} cores`,
  columns: [
    ...['machines', 'hours', 'work ÷ cores, hours', 'core-hours paid', 'efficiency', 'tail, minutes'],
    ...['preemptions', 'core-hours repeated'],
  ],
  rows: runs.map(run => [
    ...[run.machines, (run.seconds / 3600).toFixed(2), idealHours(run).toFixed(2)],
    (run.paidCoreSeconds / 3600).toFixed(0),
    `${((100 * run.usefulCoreSeconds) / run.paidCoreSeconds).toFixed(0)}%`,
    ...[(run.tailSeconds / 60).toFixed(1), run.preemptions, (run.repeatedCoreSeconds / 3600).toFixed(2)],
  ]),
})
