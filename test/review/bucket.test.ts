import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { exportCommand } from '../../dist/cli/export.js'
import { reviewCommand } from '../../dist/cli/review.js'
import { ReviewedRun } from '../../dist/review/reviewed-run.js'
import { serveReview } from '../../dist/review/serve.js'
import { StorageFactory } from '../../dist/storage/storage-factory.js'
import { describeWithEmulator } from '../support/gcs/suite.js'
import { storedRun } from '../support/stored-run.js'

await describeWithEmulator('a review in a bucket', emulator => {
  const serve = async (location: string) => {
    const storage = new StorageFactory(location, { endpoint: emulator.url }, { firstDelayMs: 1 })
    return serveReview(await ReviewedRun.open(await storage.at(location, 'RUN')))
  }

  test('a run is served, saved and exported there, and of two servers that save at once one wins', async () => {
    // Otherwise a run would have to be copied first, and one person could replace the decisions of another.
    const bucket = await emulator.createBucket('reviewed')
    const folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
    const run = await storedRun(folder, { tracks: Array(2).fill([0, 1]) })
    for (const entry of await readdir(run, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      await bucket.put(`out/run/${relative(run, path)}`, await readFile(path))
    }
    const endpoint = ['--gcs-endpoint', emulator.url]
    await expect(reviewCommand(['gs://reviewed/out', ...endpoint], Promise.resolve())).rejects.toThrow(
      /gs:\/\/reviewed\/out\/run: it has no report\.html/,
    )
    await bucket.put('out/run/report.html', 'the report')
    expect(await reviewCommand(['gs://reviewed/out', ...endpoint], Promise.resolve())).toBe(0)

    await using one = await serve('gs://reviewed/out/run')
    await using other = await serve('gs://reviewed/out/run')
    expect(await (await fetch(one.url)).text()).toBe('the report')
    const crops = JSON.parse(await (await fetch(new URL('tracks/1.json', one.url))).text())
    const { status } = await fetch(new URL(crops[0].path, one.url))
    expect([crops.length, status]).toEqual([10, 200])

    const { video, dataset_sha256 } = JSON.parse(String(await bucket.bytes('out/run/manifest.json')))
    const put = (to: string, track: number, seen: string) =>
      fetch(new URL('review.json', to), {
        method: 'PUT',
        headers: { 'if-match': seen },
        body: JSON.stringify({
          ...{ format: 'cropstream-review/1', video_guid: video.video_guid, dataset_sha256 },
          actions: Array(track).fill({ drop: '1' }),
        }),
      })
    const race = async (tag: string, first: number) => {
      const answers = await Promise.all([put(one.url, first, tag), put(other.url, first + 1, tag)])
      expect(answers.map(answer => answer.status).sort()).toEqual([204, 412])
      const { actions } = JSON.parse(String(await bucket.bytes('out/run/review.json')))
      expect(actions).toHaveLength(answers[0]?.status === 204 ? first : first + 1)
      return String(answers.find(answer => answer.status === 204)?.headers.get('etag'))
    }
    // The first review is created, the next ones replace it.
    let tag = '"none"'
    for (const first of [1, 3, 5]) tag = await race(tag, first)
    expect((await put(one.url, 1, tag)).status).toBe(204)
    const out = join(folder, 'exported')
    const review = 'gs://reviewed/out/run/review.json'
    await exportCommand(
      ['gs://reviewed/out', '--format', 'parquet', '--out', out, '--review', review, '--quiet'].concat(
        endpoint,
      ),
    )
    const record = JSON.parse(await readFile(join(out, 'export.json'), 'utf8'))
    expect([record.identities, record.left_out.dropped_in_review]).toEqual([1, 20])
    await rm(folder, { recursive: true })
  })
})
