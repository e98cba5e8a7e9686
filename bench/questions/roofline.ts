import { join } from 'node:path'
import * as Plot from '@observablehq/plot'
import type { Step } from '../../dist/runtime/operator.js'
import { Slots } from '../../dist/runtime/slots.js'
import { FilesSink } from '../../dist/sinks/files.js'
import { Manifest } from '../../dist/sinks/manifest.js'
import type { Store } from '../../dist/storage/store.js'
import { UploadWindow, uploadWindowDefaults } from '../../dist/storage/upload-window.js'
import type { ImageFile } from '../../dist/types.js'
import { type Parts, partsFor, stepOf, uncounted } from '../harness/parts.js'
import { cropstream, measured } from '../harness/program.js'
import { atLeast, atMost, type Question } from '../harness/question.js'
import { median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'

const WORKERS = 2

/** Sampled frames of a game of 90 minutes, at 5 per second. */
export const gameFrames = 90 * 60 * 5

/**
 * Measures the CPU time of each stage alone, one frame after the other on one thread. The sum is the least work of
 * a run; divided by the cores, it is the least wall time.
 */
export const roofline: Question = {
  name: 'roofline',
  text: 'How far is the graph from what the machine can do?',
  async answer({ quick, folder, rounds, log }) {
    const { video } = await sampleMatch(quick ? 6 : 60)
    const parts = await partsFor(video, folder)
    log('each stage alone')
    const stages = await stagesAlone(parts)
    log('start and end: a run of one frame')
    const frames = parts.frames().report.framesExpected
    const out = (name: string) => ['--out', join(folder, name), '--workers', String(WORKERS)]
    const perFrame = stages.reduce((sum, { seconds }) => sum + seconds, 0) / frames
    const single = await cropstream(video, '--frames', '1', ...out('single'))
    stages.push({ name: 'start and end', seconds: single.cpuSeconds - perFrame })

    const runs = []
    for (let round = 1; round <= rounds; round++) {
      log(`round ${round} of ${rounds}: the graph`)
      runs.push(await cropstream(video, ...out(`graph-${round}`)))
    }
    const wall = median(runs.map(({ wallSeconds }) => wallSeconds))
    const cpu = median(runs.map(({ cpuSeconds }) => cpuSeconds))
    const total = stages.reduce((sum, { seconds }) => sum + seconds, 0)
    const ideal = total / WORKERS
    return {
      tables: [
        {
          title: `the work of ${frames} frames, in CPU seconds`,
          columns: ['stage alone', 'seconds', 'ms per frame', 'share'],
          rows: [
            ...stages.map(({ name, seconds }) => [
              name,
              seconds.toFixed(2),
              ((1000 * seconds) / frames).toFixed(1),
              `${((100 * seconds) / total).toFixed(0)}%`,
            ]),
            ['all', total.toFixed(2), ((1000 * total) / frames).toFixed(1), '100%'],
          ],
        },
        {
          title: `the graph, ${WORKERS} workers, medians of ${rounds}`,
          columns: ['ideal wall s', 'wall s', 'ideal ÷ wall', 'CPU s', 'CPU ÷ stages alone', 'cores busy'],
          rows: [
            [
              ideal.toFixed(2),
              wall.toFixed(2),
              (ideal / wall).toFixed(2),
              cpu.toFixed(2),
              (cpu / total).toFixed(2),
              `${((100 * cpu) / (wall * WORKERS)).toFixed(0)}%`,
            ],
          ],
        },
      ],
      bars: [
        atLeast('ideal wall ÷ wall', ideal / wall, 0.93),
        atMost('CPU ms per frame, all processes', (1000 * cpu) / frames, 100, 0),
        atMost('core-hours of a 90-minute game', ((cpu / frames) * gameFrames) / 3600, 0.8),
      ],
      plot: {
        marginLeft: 130,
        x: { label: 'CPU seconds', grid: true },
        marks: [
          Plot.barX(stages, { x: 'seconds', y: 'name', fill: '#0072b2', sort: { y: null } }),
          Plot.ruleX([0]),
        ],
      },
      notes: [
        '`decode` is ffmpeg without output; `choose and read` is the additional cost of the chosen frames in slots.',
        '`start and end` is a run of one frame minus the work of a frame: Node, probe, hash, surface model, sessions.',
        'Wall time is that of the whole command. The ideal divides all work evenly, even start and end, which are not parallel.',
      ],
    }
  },
}

interface Stage {
  readonly name: string
  readonly seconds: number
}

async function stagesAlone(parts: Parts): Promise<Stage[]> {
  const { info } = parts.view
  const cpu = new Map<string, number>()
  const add = (name: string, seconds: number) => cpu.set(name, (cpu.get(name) ?? 0) + seconds)
  const timed = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const before = process.cpuUsage()
    const result = await work()
    const { user, system } = process.cpuUsage(before)
    add(name, (user + system) / 1e6)
    return result
  }
  const all = async (step: Step<unknown, unknown>, values: readonly unknown[]): Promise<unknown[]> =>
    (await Promise.all(values.map(value => step(value, uncounted)))).flat()

  const decoding = await measured(info.binaries.ffmpeg, [
    '-loglevel',
    'error',
    '-i',
    info.path,
    '-f',
    'null',
    '-',
  ])
  add('decode', decoding.cpuSeconds)

  const steps: [string, Step<unknown, unknown>][] = []
  for (const operator of parts.operators) steps.push([operator.name, await stepOf(operator)])
  const sink = await nullSink()
  const video = parts.frames()
  const slots = new Slots(1, video.frameBytes)
  const reading = video.read(slots, new AbortController().signal)[Symbol.asyncIterator]()
  for (;;) {
    const next = await timed('reading', () => reading.next())
    if (next.done) break
    const { value: frame, lease } = next.value
    let values: readonly unknown[] = [frame]
    for (const [name, step] of steps) values = await timed(name, () => all(step, values))
    await timed('write, without storage', async () => {
      for (const file of values) await sink.write(file as ImageFile)
    })
    lease.release()
  }
  const readSeconds = (cpu.get('reading') ?? 0) + video.report.cpuSeconds
  cpu.delete('reading')
  const names = [...cpu.keys()]
  cpu.set('choose and read', Math.max(0, readSeconds - decoding.cpuSeconds))
  return [names[0]!, 'choose and read', ...names.slice(1)].map(name => ({
    name,
    seconds: cpu.get(name) ?? 0,
  }))
}

/** Opens a sink that does all but storing: its manifest lists the images. */
async function nullSink(): Promise<FilesSink> {
  const store: Store = {
    root: '',
    write: async () => {},
    createStream: async path => ({
      append: async () => {},
      publish: async () => ({ path, bytes: 0, sha256: '' }),
    }),
    close: async () => {},
  }
  return new FilesSink(store, (await Manifest.in(store, {})).add, new UploadWindow(uploadWindowDefaults))
}
