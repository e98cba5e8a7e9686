import { mkdtempSync } from 'node:fs'
import { Places } from '../dist/storage/places.js'
import { UploadWindow } from '../dist/storage/upload-window.js'
import { startEmulator } from '../test/support/gcs/emulator.js'
import { startFaultProxy } from '../test/support/gcs/fault-proxy.js'

const e = (await startEmulator({ folder: mkdtempSync('/tmp/gcsf-') }))!
await e.createBucket('games')
for (const parallel of [8, 16, 32]) {
  const p = await startFaultProxy({ target: e.url, latencyMs: 50 })
  const places = new Places('gs://games/' + parallel, p.url)
  const store = await places.open('run')
  const w = new UploadWindow({ parallel, waitingBytes: 64 << 20 })
  const bytes = Buffer.alloc(5000, 7)
  const n = parallel * 60
  const t = performance.now()
  const c = process.cpuUsage()
  for (let i = 0; i < n; i++) await w.add(bytes.length, () => store.write('crops/' + i + '.jpg', bytes))
  await w.flush()
  const s = (performance.now() - t) / 1000
  const u = process.cpuUsage(c)
  console.log(
    parallel,
    'objects/s',
    (n / s).toFixed(0),
    'ideal',
    parallel / 0.05,
    (n / s / (parallel / 0.05)).toFixed(2),
    'peak',
    p.peakInFlight,
    'cpu ms/object',
    ((u.user + u.system) / 1000 / n).toFixed(2),
  )
  await p.close()
}
await e.stop()
