import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as Plot from '@observablehq/plot'
import { processVideo } from '../../dist/index.js'
import { identify } from '../../dist/sources/identity.js'
import { openStorage } from '../../dist/storage/client.js'
import { type Emulator, startEmulator } from '../../test/support/gcs/emulator.js'
import { startFaultProxy } from '../../test/support/gcs/fault-proxy.js'
import { oldFlow } from '../baselines/old.js'
import { atLeast, type Question } from '../harness/question.js'
import { alternate, median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'

const raw = 'local/user/raw/game.mp4'

/** Long enough for a thousand requests of the old flow, which sends them one after the other. */
const SECONDS = 2

/** Makes the dataset of the video in a bucket, with requests to `url`. */
type Flow = (bucket: string, url: string) => Promise<unknown>

interface Cost {
  readonly seconds: number
  readonly operations: number
  /** Bodies of requests and responses. */
  readonly bytes: number
  readonly megabytesUp: number
  readonly megabytesRead: number
}

/** Measures a flow at a proxy before the emulator. */
async function costOf(flow: Flow, emulator: Emulator, video: string, latencyMs: number): Promise<Cost> {
  const bucket = await emulator.createBucket(`games-${made++}`)
  await bucket.put(raw, await readFile(video))
  await using proxy = await startFaultProxy({ target: emulator.url, latencyMs })
  const start = performance.now()
  await flow(bucket.name, proxy.url)
  const seconds = (performance.now() - start) / 1000
  const failed = proxy.log.find(({ status }) => status >= 400)
  if (failed) throw new Error(`Expected success from every request but received ${failed.status}`)
  const { requests, bytesUp, bytesDown } = proxy.traffic()
  const megabytesRead = proxy.traffic('read').bytesDown / 1e6
  return {
    seconds,
    operations: requests,
    bytes: bytesUp + bytesDown,
    megabytesUp: bytesUp / 1e6,
    megabytesRead,
  }
}
let made = 0

/** Least wall time of the old flow ÷ that of shards, by added latency in milliseconds. */
const targets: Readonly<Record<number, number>> = { 0: 1.5, 20: 5, 100: 20 }

export const baselines: Question = {
  name: 'baselines',
  text: 'What does a video in a bucket cost, compared with the system that cropstream replaces?',
  async answer({ quick, folder, rounds, log }) {
    const { video } = await sampleMatch(SECONDS)
    const { videoGuid } = await identify(video)
    // In a folder, because of the number of objects: see startEmulator.
    await using emulator = await startEmulator({ folder: join(folder, 'emulator') })
    if (emulator === undefined)
      throw new Error('Expected a fake-gcs-server: install Go or set CROPSTREAM_FAKE_GCS')
    const old =
      (handOver: 'storage' | 'memory'): Flow =>
      (bucket, url) =>
        oldFlow(openStorage({ endpoint: url }).bucket(bucket), raw, videoGuid, handOver)
    const ours =
      (layout: 'files' | 'shards'): Flow =>
      (bucket, url) =>
        processVideo(`gs://${bucket}/${raw}`, { layout, out: `gs://${bucket}`, gcsEndpoint: url })
    const flows = {
      old: old('storage'),
      'old optimized': old('memory'),
      'cropstream files': ours('files'),
      'cropstream shards': ours('shards'),
    }
    const points: (Cost & { latencyMs: number; flow: string })[] = []
    for (const latencyMs of quick ? [0, 20] : [0, 20, 100]) {
      const sides = Object.entries(flows).map(
        ([flow, run]) => [`${flow}, ${latencyMs} ms`, () => costOf(run, emulator, video, latencyMs)] as const,
      )
      // With latency the old flow waits for minutes, so that one round is precise enough.
      const costs = await alternate(latencyMs > 0 ? 1 : rounds, Object.fromEntries(sides), log)
      for (const [i, flow] of Object.keys(flows).entries()) {
        const runs = costs[sides[i]![0]]! // every side was run
        points.push({ ...runs[0]!, seconds: median(runs.map(({ seconds }) => seconds)), latencyMs, flow })
      }
    }
    const at = (latencyMs: number, flow: keyof typeof flows) =>
      points.find(point => point.latencyMs === latencyMs && point.flow === flow)! // all were run
    const saved = (key: 'operations' | 'bytes') => 1 - at(0, 'cropstream shards')[key] / at(0, 'old')[key]
    return {
      tables: [
        {
          title: `a video of ${SECONDS} s`,
          columns: [
            'ms added',
            'flow',
            'operations',
            'MB up',
            'MB read',
            'MB in all',
            'wall s',
            'old ÷ wall',
          ],
          rows: points.map(point => [
            point.latencyMs,
            point.flow,
            point.operations,
            point.megabytesUp.toFixed(1),
            point.megabytesRead.toFixed(1),
            (point.bytes / 1e6).toFixed(1),
            point.seconds.toFixed(1),
            (at(point.latencyMs, 'old').seconds / point.seconds).toFixed(1),
          ]),
        },
      ],
      bars: [
        ...[...new Set(points.map(({ latencyMs }) => latencyMs))].map(latencyMs =>
          atLeast(
            `old ÷ shards, wall, ${latencyMs} ms`,
            at(latencyMs, 'old').seconds / at(latencyMs, 'cropstream shards').seconds,
            targets[latencyMs] ?? 1,
            1,
          ),
        ),
        atLeast('share of operations that shards save', saved('operations'), 0.9, 3),
        atLeast('share of bytes that shards save', saved('bytes'), 0.9, 3),
      ],
      plot: {
        marginLeft: 50,
        x: { axis: null },
        y: { label: 'seconds', grid: true },
        fx: { label: 'ms added to each request' },
        color: { domain: Object.keys(flows), range: ['#d55e00', '#e69f00', '#56b4e9', '#0072b2'] },
        marks: [
          Plot.barY(points, { fx: 'latencyMs', x: 'flow', y: 'seconds', fill: 'flow' }),
          Plot.text(points, {
            fx: 'latencyMs',
            x: 'flow',
            y: 'seconds',
            text: point => point.flow.replace('cropstream ', ''),
            rotate: -90,
            textAnchor: 'start',
            dy: -4,
          }),
          Plot.ruleY([0]),
        ],
        height: 480,
        marginTop: 90,
      },
      notes: [
        'Bytes are those of the bodies of requests and responses at a proxy before the emulator; `MB read` is downloads of objects.',
        'The old flow runs the operators of cropstream on all cores, and sends its requests one after the other, as it did. The emulator shares the cores.',
      ],
    }
  },
}
