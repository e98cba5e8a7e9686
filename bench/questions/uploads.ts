import { join } from 'node:path'
import { StorageFactory } from '../../dist/storage/storage-factory.js'
import { UploadWindow } from '../../dist/storage/upload-window.js'
import { startEmulator } from '../../test/support/gcs/emulator.js'
import { startFaultProxy } from '../../test/support/gcs/fault-proxy.js'
import { atLeast, type Question } from '../harness/question.js'

const LATENCY_MS = 50
const crop = Buffer.alloc(5000, 7)

export const uploads: Question = {
  name: 'uploads',
  text: 'How close do uploads of crops come to parallelism ÷ latency?',
  async answer({ quick, folder, log }) {
    await using emulator = await startEmulator({ folder: join(folder, 'emulator') })
    if (emulator === undefined)
      throw new Error('Expected a fake-gcs-server: install Go or set CROPSTREAM_FAKE_GCS')
    await emulator.createBucket('crops')
    const rows = []
    for (const parallel of quick ? [16] : [4, 8, 16, 32]) {
      log(`${parallel} in parallel`)
      await using proxy = await startFaultProxy({ target: emulator.url, latencyMs: LATENCY_MS })
      const store = await new StorageFactory(`gs://crops/${parallel}`, { endpoint: proxy.url }).open('run')
      const window = new UploadWindow({ parallel, waitingBytes: 64 << 20 })
      const objects = parallel * 60
      const start = performance.now()
      for (let i = 0; i < objects; i++) await window.add(crop.length, () => store.write(`${i}.jpg`, crop))
      await window.flush()
      const rate = (objects * 1000) / (performance.now() - start)
      rows.push({ parallel, rate, share: rate / ((parallel * 1000) / LATENCY_MS) })
    }
    return {
      tables: [
        {
          title: `objects of ${crop.length} bytes, ${LATENCY_MS} ms added to each request`,
          columns: ['in parallel', 'objects/s', 'of the ideal'],
          rows: rows.map(({ parallel, rate, share }) => [parallel, rate.toFixed(0), share.toFixed(2)]),
        },
      ],
      bars: [atLeast('least share of the ideal', Math.min(...rows.map(({ share }) => share)), 0.9)],
      notes: ['Client, proxy and emulator share this machine; each of them contributes to the loss.'],
    }
  },
}
