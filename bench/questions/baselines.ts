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

/** Long enough for a thousand requests, each of which the old flow waits for. */
const SECONDS = 2

/** One flow over one bucket, whose requests go to `url`. */
type Flow = (bucket: string, url: string) => Promise<unknown>

interface Cost {
  readonly seconds: number
  readonly operations: number
  /** Bodies of requests and answers. */
  readonly bytes: number
  readonly megabytesUp: number
  readonly megabytesRead: number
}

/** As the server's side of the wire sees it. */
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

/** Wall, at each latency, that shards must at least save against the old form. */
const wanted: Readonly<Record<number, number>> = { 0: 1.5, 20: 5, 100: 20 }

export const baselines: Question = {
  name: 'baselines',
  asks: 'What does a video cost in a bucket, beside the system that this replaces?',
  async answer({ quick, folder, rounds, log }) {
    const { video } = await sampleMatch(SECONDS)
    const { videoGuid } = await identify(video)
    // Thousands of objects: see startEmulator.
    await using emulator = await startEmulator({ folder: join(folder, 'emulator') })
    if (emulator === undefined)
      throw new Error('Expected a fake-gcs-server: install Go or set CROPSTREAM_FAKE_GCS')
    const old =
      (handOver: 'storage' | 'memory'): Flow =>
      (bucket, url) =>
        oldFlow(openStorage(url).bucket(bucket), raw, videoGuid, handOver)
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
      // With latency the old flow takes minutes, nearly all of it waiting: once is enough.
      const costs = await alternate(latencyMs > 0 ? 1 : rounds, Object.fromEntries(sides), log)
      for (const [i, flow] of Object.keys(flows).entries()) {
        const of = costs[sides[i]![0]]! // every side was run
        points.push({ ...of[0]!, seconds: median(of.map(({ seconds }) => seconds)), latencyMs, flow })
      }
    }
    const at = (latencyMs: number, flow: keyof typeof flows) =>
      points.find(point => point.latencyMs === latencyMs && point.flow === flow)! // each is there
    const fewer = (key: 'operations' | 'bytes') => 1 - at(0, 'cropstream shards')[key] / at(0, 'old')[key]
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
            wanted[latencyMs] ?? 1,
            1,
          ),
        ),
        atLeast('fewer operations than the old form, shards', fewer('operations'), 0.9, 3),
        atLeast('fewer bytes than the old form, shards', fewer('bytes'), 0.9, 3),
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
        'Bytes are those of bodies as a proxy before the emulator sees them, answers included; `MB read` are those of stored objects.',
        'The old flow runs with our operators, on all cores; its requests go one after the other, as they did. The emulator shares the cores.',
      ],
    }
  },
}
