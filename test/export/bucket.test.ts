import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { exportCommand } from '../../dist/cli/export.js'
import { describeWithEmulator } from '../support/gcs/suite.js'
import { storedRun } from '../support/stored-run.js'

let parent: string
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cropstream-'))
})
afterAll(() => rm(parent, { recursive: true }))

await describeWithEmulator('a run in a bucket', emulator => {
  test('is exported to a bucket as to a folder, and the line that copies it is printed first', async () => {
    // Otherwise the runs of a bucket would have to be copied to be trained with, or would make another dataset.
    const run = await storedRun(join(parent, 'run'), { layout: 'shards', tracks: [[0, 9]] })
    const bucket = await emulator.createBucket(`export-${process.pid}`)
    for (const entry of await readdir(run, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile()) await bucket.put(`run/${path.slice(run.length + 1)}`, await readFile(path))
    }
    const printed = vi.spyOn(console, 'log').mockReturnValue()
    const [place, endpoint] = [`gs://${bucket.name}`, ['--gcs-endpoint', emulator.url]]
    for (const format of ['webdataset', 'hf-parquet', 'fiftyone']) {
      const options = ['--format', format, '--out']
      await exportCommand([`${place}/run`, ...options, `${place}/${format}`, ...endpoint])
      await exportCommand([run, ...options, join(parent, format)])
      const [there, here] = [
        await bucket.bytes(`${format}/export.json`),
        await readFile(join(parent, format, 'export.json')),
      ]
      expect(JSON.parse(there.toString())).toEqual(JSON.parse(here.toString()))
    }
    const lines = printed.mock.calls.map(([text]) => text)
    expect(lines[0]).toContain(`copy it:\n  gcloud storage cp --recursive ${place}/webdataset .\nload it:`)
    expect(lines[0]).toContain('glob.glob("webdataset" + ')
    expect(lines[1]).not.toContain('gcloud')
  })
})
