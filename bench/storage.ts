import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { Command } from 'commander'
import { processVideo } from '../dist/index.js'
import { identify } from '../dist/sources/identity.js'
import { openStorage } from '../dist/storage/gcs.js'
import { startEmulator } from '../test/support/gcs/emulator.js'
import { type FaultProxy, startFaultProxy } from '../test/support/gcs/fault-proxy.js'
import { oldFlow } from './baselines/old.js'
import { sampleMatch } from './sample/reuse.js'

// What does one video cost in a bucket? The old system, its optimised form and cropstream, side by side, as
// the server's side of the wire sees them: bytes are those of bodies, `MB read` those of stored objects, the
// rest of `MB down` is what the server says of each write. The emulator works on the same cores as the flows.

const numbers = (text: string) => text.split(',').map(Number)
const program = new Command('storage')
  .option('--seconds <number>', 'length of the sample match', Number, 6)
  .option('--latency <ms,ms>', 'no request is answered sooner than this', numbers, [0, 20])
const { seconds, latency } = program.parse().opts<{ seconds: number; latency: number[] }>()

const raw = 'local/user/raw/game.mp4'
const { video } = await sampleMatch(seconds)
const { videoGuid } = await identify(video)

type Flow = (bucket: string, url: string) => Promise<unknown>
const old =
  (handOver: 'storage' | 'memory'): Flow =>
  (bucket, url) =>
    oldFlow(openStorage(url).bucket(bucket), raw, videoGuid, handOver)
const cropstream =
  (layout: 'files' | 'shards'): Flow =>
  (bucket, url) =>
    processVideo(`gs://${bucket}/${raw}`, { layout, out: `gs://${bucket}`, gcsEndpoint: url })
const flows: readonly [string, Flow][] = [
  ['old', old('storage')],
  ['old optimized', old('memory')],
  ['cropstream files', cropstream('files')],
  ['cropstream shards', cropstream('shards')],
]

const table = new Table({
  head: ['ms added', 'flow', 'operations', 'reads', 'MB up', 'MB down', 'MB read', 'wall s'],
  colAligns: ['right', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
  style: { head: [], border: [] },
})
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)

function addRow(latencyMs: number, name: string, proxy: FaultProxy, ms: number): void {
  const failed = proxy.log.find(({ status }) => status >= 400)
  if (failed) throw new Error(`Expected success from every request of ${name} but received ${failed.status}`)
  const { requests, bytesUp, bytesDown } = proxy.traffic()
  const read = proxy.traffic('read')
  const sizes = [bytesUp, bytesDown, read.bytesDown].map(megabytes)
  table.push([latencyMs, name, requests, read.requests, ...sizes, (ms / 1000).toFixed(1)])
}

const folder = await mkdtemp(join(tmpdir(), 'cropstream-bench-'))
try {
  // Thousands of objects: see startEmulator.
  await using emulator = await startEmulator({ folder })
  if (emulator === undefined)
    throw new Error('Expected a fake-gcs-server: install Go or set CROPSTREAM_FAKE_GCS')
  let made = 0
  for (const latencyMs of latency) {
    for (const [name, flow] of flows) {
      const bucket = await emulator.createBucket(`games-${made++}`)
      await bucket.put(raw, await readFile(video))
      await using proxy = await startFaultProxy({ target: emulator.url, latencyMs })
      console.log(`${name}, ${latencyMs} ms added to each request`)
      const start = performance.now()
      await flow(bucket.name, proxy.url)
      addRow(latencyMs, name, proxy, performance.now() - start)
    }
  }
} finally {
  await rm(folder, { recursive: true })
}
console.log(table.toString())
