import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Places } from '../dist/storage/places.js'
import { UploadWindow } from '../dist/storage/upload-window.js'
import { startEmulator } from '../test/support/gcs/emulator.js'
import { startFaultProxy } from '../test/support/gcs/fault-proxy.js'

// How near do uploads of crop-sized objects come to parallelism ÷ latency? Client, proxy and emulator share
// this machine, so what is missing is theirs as much as ours.

const LATENCY_MS = 50
const crop = Buffer.alloc(5000, 7)

const folder = await mkdtemp(join(tmpdir(), 'cropstream-bench-'))
const emulator = await startEmulator({ folder })
if (emulator === undefined) throw new Error('Expected a fake-gcs-server but found none')
await emulator.createBucket('crops')
for (const parallel of [4, 8, 16, 32]) {
  await using proxy = await startFaultProxy({ target: emulator.url, latencyMs: LATENCY_MS })
  const store = await new Places(`gs://crops/${parallel}`, proxy.url).open('run')
  const window = new UploadWindow({ parallel, waitingBytes: 64 << 20 })
  const objects = parallel * 60
  const start = performance.now()
  for (let i = 0; i < objects; i++) await window.add(crop.length, () => store.write(`${i}.jpg`, crop))
  await window.flush()
  const rate = (objects * 1000) / (performance.now() - start)
  const ideal = (parallel * 1000) / LATENCY_MS
  console.log(
    `${parallel} in parallel: ${rate.toFixed(0)} objects/s, ${(rate / ideal).toFixed(2)} of parallelism ÷ latency, ` +
      `${proxy.peakInFlight} in flight at most`,
  )
}
await emulator.stop()
await rm(folder, { recursive: true })
