import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bucketOutput, datasetIn, folderOutput, framesKept } from './support/crash/outputs.js'
import { cropstream } from './support/crash/program.js'
import type { Emulator } from './support/gcs/emulator.js'
import { describeWithEmulator } from './support/gcs/suite.js'
import { smallVideo } from './support/matches.js'
import { eightFrames } from './support/small-match.js'

/** A tmpfs that can be resized or made read-only while it is used. */
class Disk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'cropstream-disk-'))
  readonly mounted: boolean

  constructor(kilobytes: number) {
    this.mounted = mount('-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'cropstream-test', this.path)
  }

  /** @param options of mount(8), such as `size=9m` or `ro`. */
  change(options: string): void {
    if (!mount('-o', `remount,${options}`, this.path)) throw new Error(`Expected to remount with ${options}`)
  }

  [Symbol.dispose](): void {
    spawnSync('umount', [this.path])
    rmSync(this.path, { recursive: true, force: true })
  }
}

const mount = (...args: string[]) => spawnSync('mount', args).status === 0

function canMount(): boolean {
  using disk = new Disk(64)
  return disk.mounted
}

const able = canMount()
if (!able)
  console.warn('SKIPPED: the tests of full and read-only disks, which need the right to mount a tmpfs')

let folder: string
let video: string
/** The dataset of a run with enough disk space. */
let whole: Map<string, string>
const args = [...eightFrames, '--augment', '1', '--checkpoint-frames', '1', '--run-guid', 'one']
const run = async (...more: string[]) => cropstream([...more, ...args], await mkdtemp(join(folder, 'tmp-')))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-disks-'))
  video = await smallVideo()
  const output = folderOutput(join(folder, 'out'))
  expect(await run(video, '--out', output.out)).toMatchObject({ code: 0 })
  whole = await datasetIn(output)
})
afterAll(() => rm(folder, { recursive: true }))

describe.skipIf(!able)('a disk', () => {
  test.each([
    // The layouts fill the disk in different ways: many small files, or one large file at the end.
    ['of files', 'files'],
    ['of shards', 'shards'],
  ])(
    'that becomes full during a run %s ends it with a one-line error; with more space the run resumes',
    async (_, layout) => {
      // Otherwise hours of work would be lost for a few missing megabytes.
      using disk = new Disk(160)
      const output = folderOutput(join(disk.path, 'out'))
      const start = () => run(video, '--out', output.out, '--layout', layout)
      const full = await start()
      expect([full.code, full.stderr]).toEqual([
        4,
        expect.stringMatching(
          /^cropstream: Cannot write .*: the disk is full; free some space or choose another --out$/m,
        ),
      ])
      const left = [...(await output.list()).keys()]
      expect(left.filter(path => /manifest|\.tmp$/.test(path))).toEqual([])
      // The number depends on which file did not fit.
      const kept = await framesKept(output, 8)
      disk.change('size=9m')
      const { code, stderr, events } = await start()
      expect(code, stderr).toBe(0)
      expect(events.filter(event => event.startsWith('detect'))).toHaveLength(8 - kept)
      if (layout === 'files') expect(await datasetIn(output)).toEqual(whole)
    },
  )

  test('that is full from the start does not block another attempt', async () => {
    // Otherwise an empty lease would look like one of a running process.
    using disk = new Disk(64)
    const output = folderOutput(join(disk.path, 'out'))
    const filler = join(disk.path, 'filler')
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1k'])
    const full = await run(video, '--out', output.out)
    expect([full.code, full.stderr]).toEqual([4, expect.stringMatching(/the disk is full/)])
    await rm(filler)
    disk.change('size=9m')
    expect(await run(video, '--out', output.out)).toMatchObject({ code: 0 })
    expect(await datasetIn(output)).toEqual(whole)
  })

  test('that is read-only is reported for a new and a crashed run; a complete run needs no write', async () => {
    // Otherwise a wrong mount would look like a defect.
    using disk = new Disk(9000)
    const output = folderOutput(join(disk.path, 'out'))
    const start = () => run(video, '--out', output.out)
    const refused = expect.stringMatching(/the file system is read-only; choose another --out/)
    disk.change('ro')
    const never = await start()
    expect([never.code, never.stderr]).toEqual([4, refused])
    disk.change('rw')
    const moment = { stage: 'segment', nth: 5, when: 'after' } as const
    const killed = await cropstream(
      [video, '--out', output.out, ...args],
      await mkdtemp(join(folder, 'tmp-')),
      moment,
    )
    expect(killed.code).toBe(null)
    disk.change('ro')
    const again = await start()
    expect([again.code, again.stderr]).toEqual([4, refused])
    disk.change('rw')
    expect(await start()).toMatchObject({ code: 0 })
    expect(await datasetIn(output)).toEqual(whole)
    disk.change('ro')
    expect(await start()).toMatchObject({ code: 0 })
  })
})

await describeWithEmulator('a bucket', (emulator: Emulator) => {
  test.skipIf(!able).each([
    ['the video', 0.5, 'identity'],
    ['the decompressed video', 1.5, 'gzip'],
    ['other temporary files', 1, 'identity'],
  ])(
    'a full disk for temporary files, without space for %s, is reported; with more space the run resumes',
    async (_, share, encoding) => {
      // Otherwise a user would search for missing space in the bucket.
      const bucket = await emulator.createBucket(`disk-${process.pid}-${share * 10}`)
      const bytes = await readFile(video)
      await bucket.put('raw/game.mp4', encoding === 'gzip' ? gzipSync(bytes) : bytes, 'video/mp4', encoding)
      const output = bucketOutput(bucket, 'out')
      // A tmpfs allocates whole pages.
      const pages = Math.ceil((share * (await stat(video)).size) / 4096)
      using disk = new Disk(4 * pages)
      const start = () =>
        cropstream(
          [
            ...[`gs://${bucket.name}/raw/game.mp4`, '--out', output.out, '--gcs-endpoint', emulator.url],
            ...args,
            '--preview',
          ],
          disk.path,
        )
      const full = await start()
      expect([full.code, full.stderr]).toEqual([
        4,
        expect.stringMatching(
          /^cropstream: Cannot write .*: the disk is full; free some space or set TMPDIR to another folder$/m,
        ),
      ])
      expect((await readdir(disk.path)).filter(name => !name.endsWith('.log'))).toEqual([])
      disk.change('size=9m')
      const { code, stderr } = await start()
      expect(code, stderr).toBe(0)
      expect(await datasetIn(output)).toEqual(whole)
    },
  )
})
