import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Options, processVideo, type Summary } from '../dist/index.js'
import type { Bucket } from './support/gcs/bucket.js'
import type { Emulator } from './support/gcs/emulator.js'
import { type FaultProxy, type LoggedRequest, startFaultProxy } from './support/gcs/fault-proxy.js'
import { describeWithEmulator } from './support/gcs/suite.js'
import { smallVideo } from './support/matches.js'
import { smallFlags, smallSettings } from './support/small-match.js'

const settings: Options = {
  ...smallSettings,
  fps: 8,
  augment: 1,
  tenant: 'acme',
  pipeline: 'reid',
  runGuid: 'one',
}
const raw = 'acme/user/raw/game.mp4'
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

interface Listed {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

let out: string
let video: string
/** The same run in a folder: the reference for all runs in a bucket. */
let local: Summary
let expected: Listed[]
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'cropstream-'))
  video = await smallVideo()
  local = await processVideo(video, { ...settings, out })
  expected = JSON.parse(await readFile(join(local.root, 'manifest.json'), 'utf8')).objects
})
afterAll(() => rm(out, { recursive: true }))

await describeWithEmulator('a bucket', (emulator: Emulator) => {
  let made = 0
  const newBucket = async (game = video): Promise<Bucket> => {
    const bucket = await emulator.createBucket(`games-${process.pid}-${made++}`)
    await bucket.put(raw, await readFile(game))
    return bucket
  }
  const rootIn = () => local.root.slice(out.length + 1)
  /** Objects of the run in the bucket, checked against its manifest, byte for byte. */
  const published = async (bucket: Bucket): Promise<Listed[]> => {
    const root = rootIn()
    const names = (await bucket.objects(root)).map(({ name }) => name.slice(root.length + 1)).sort()
    const manifest = JSON.parse((await bucket.bytes(`${root}/manifest.json`)).toString())
    const objects: Listed[] = manifest.objects
    const guid = root.slice(root.lastIndexOf('video_') + 6)
    expect(names).toEqual(
      [...objects.map(({ path }) => path), 'manifest.json', 'metadata.json', `${guid}.mp4`].sort(),
    )
    for (const { path, bytes, sha256: hash } of objects) {
      const there = await bucket.bytes(`${root}/${path}`)
      expect([there.length, sha256(there)]).toEqual([bytes, hash])
    }
    expect((await bucket.objects()).every(({ writes }) => writes === 1)).toBe(true)
    return objects
  }
  const temporary = async () => (await readdir(tmpdir())).filter(name => name.includes(`-${process.pid}-`))

  test('as files, it has the same objects as a folder, with one write per object and one read of the video', async () => {
    // Otherwise a bucket would have another dataset, or every crop would cost two operations.
    const bucket = await newBucket()
    await using proxy = await startFaultProxy({ target: emulator.url })
    const place = { out: `gs://${bucket.name}`, gcsEndpoint: proxy.url }
    const before = await temporary()
    const summary = await processVideo(`gs://${bucket.name}/${raw}`, { ...settings, ...place })
    expect(await published(bucket)).toEqual(expected)
    expect(await bucket.objects('acme/user/raw')).toEqual([])
    // In addition to the objects: manifest and metadata, the video, and the checkpoint.
    expect(proxy.log.length).toBeLessThanOrEqual(expected.length + 2 + 3 + 5)
    expect(readsOfVideo(proxy)).toMatchObject([{ bytesDown: (await stat(video)).size }])
    const counted = [...summary.storage].map(([kind, { requests }]) => [kind, requests])
    expect(counted).toEqual(counted.map(([kind]) => [kind, proxy.traffic(kind as 'read').requests]))
    expect(await temporary()).toEqual(before)
  })

  test('as shards, it takes 14 operations, and a tar reader finds every sample', async () => {
    // Otherwise each crop would cost an operation.
    const bucket = await newBucket()
    await using proxy = await startFaultProxy({ target: emulator.url })
    const place = {
      out: `gs://${bucket.name}`,
      bucket: bucket.name,
      gcsEndpoint: proxy.url,
      layout: 'shards',
    } as const
    await processVideo('game.mp4', { ...settings, ...place })
    const objects = await published(bucket)
    expect(proxy.log.length).toBeLessThanOrEqual(14)
    expect(objects.map(({ path }) => path).sort()).toEqual([
      'datasets/train/train-000000.tar',
      'datasets/val/val-000000.tar',
      'detections.json',
      'identities.json',
    ])
    const entries = new Map<string, Buffer>()
    for (const { path } of objects.filter(({ path }) => path.endsWith('.tar'))) {
      const parser = new Parser({ onReadEntry: (entry: ReadEntry) => void collect(entry, entries) })
      Readable.from(await bucket.bytes(`${rootIn()}/${path}`)).pipe(parser)
      await new Promise(resolve => parser.on('end', resolve))
    }
    const images = expected.filter(({ path }) => path.startsWith('datasets/'))
    expect(entries.size).toBe(3 * images.length)
    for (const { path, sha256: hash } of images) {
      const key = path
        .replace(/^datasets\/\w+\//, '')
        .replace('.jpg', '')
        .replace('/', '_')
      const record = JSON.parse(entries.get(`${key}.json`)!.toString())
      expect(record).toMatchObject({ path, subset: path.split('/')[1] })
      expect(entries.get(`${key}.cls`)!.toString()).toBe(String(record.track_id))
      expect(sha256(entries.get(`${key}.jpg`)!)).toBe(hash)
    }
  })

  test('the stored crops of an earlier run in a bucket are read with one operation each', async () => {
    // Otherwise users would have to download their crops first.
    const bucket = await newBucket()
    await using proxy = await startFaultProxy({ target: emulator.url })
    const place = { out: `gs://${bucket.name}`, gcsEndpoint: proxy.url }
    const first = { ...settings, fps: 2, augment: 0, persist: 'checkpoint' } as const
    const kept = await processVideo(video, { ...first, ...place })
    const { fps: _, ...rest } = settings
    const again = { ...rest, runGuid: 'two', from: 'crops', earlier: kept.root } as const
    const reads = proxy.traffic('read').requests
    const summary = await processVideo(video, { ...again, ...place })
    const { itemsOut } = summary.steps.get('read-crops') ?? { itemsOut: 0 }
    // In addition to the crops: the detections and the manifest.
    expect(proxy.traffic('read').requests - reads).toBe(itemsOut + 2)
    const local = await processVideo(video, { ...first, out, runGuid: 'kept' })
    const expected = await processVideo(video, { ...again, out, earlier: local.root })
    expect(summary.datasetSha256).toBe(expected.datasetSha256)
  })

  test('with 500 faults, nothing is lost and nothing is written twice', async () => {
    // Otherwise network problems would make an incomplete dataset, or one with duplicates.
    const bucket = await newBucket()
    await using proxy = await startFaultProxy({
      target: emulator.url,
      faults: {
        seed: 7,
        rate: 0.9,
        max: 500,
        perObject: 2,
        faults: [
          'return-503',
          'return-429',
          'return-408',
          'return-500',
          'return-reset-connection',
          'return-reset-connection-after-commit',
          'return-wrong-checksum',
          'return-truncated-body',
          'return-corrupted-data',
          'stall-always',
        ],
      },
    })
    const place = { out: `gs://${bucket.name}`, gcsEndpoint: proxy.url, stallSeconds: 0.2 }
    await processVideo(`gs://${bucket.name}/${raw}`, { ...settings, ...place })
    expect(proxy.injected).toHaveLength(500)
    expect(await published(bucket)).toEqual(expected)
  })

  test.each(['return-reset-connection-after-commit', 'return-503', 'return-truncated-body'] as const)(
    'the video exists under one of its names when its move has the fault %s',
    async fault => {
      // Otherwise the only copy of a game could be lost between two requests.
      const bucket = await newBucket()
      await using proxy = await startFaultProxy({
        target: emulator.url,
        faults: [
          { on: 'copy', nth: 1, fault },
          { on: 'delete', nth: 1, fault },
        ],
      })
      const place = { out: `gs://${bucket.name}`, gcsEndpoint: proxy.url, frames: 1, fps: undefined }
      const { root } = await processVideo(`gs://${bucket.name}/${raw}`, { ...settings, ...place })
      const moved = (await bucket.objects()).filter(({ name }) => name.endsWith('.mp4'))
      expect(moved.map(({ name }) => `gs://${bucket.name}/${name}`)).toEqual([expect.stringContaining(root)])
      expect(sha256(await bucket.bytes(moved[0]!.name))).toBe(sha256(await readFile(video)))
    },
  )

  test.each([
    ['copy', 2],
    ['none', 1],
  ] as const)('with --import %s the original stays', async (how, copies) => {
    // Otherwise a video that is still needed would be deleted.
    const bucket = await newBucket()
    const place = { out: `gs://${bucket.name}`, gcsEndpoint: emulator.url, import: how }
    await processVideo(`gs://${bucket.name}/${raw}`, { ...settings, ...place, frames: 1, fps: undefined })
    const videos = (await bucket.objects()).filter(({ name }) => name.endsWith('.mp4'))
    expect(videos).toHaveLength(copies)
    expect(videos.map(({ name }) => name)).toContain(raw)
  })

  test('a refused write fails the run with the name of the object, and there is no manifest', async () => {
    // Otherwise a missing permission would look like a defect, or an incomplete dataset be published.
    const bucket = await newBucket()
    await using proxy = await startFaultProxy({
      target: emulator.url,
      faults: [{ on: 'write', object: /_aug1\.jpg$/, fault: 'return-403' }],
    })
    const place = { out: `gs://${bucket.name}`, gcsEndpoint: proxy.url }
    const run = processVideo(`gs://${bucket.name}/${raw}`, {
      ...settings,
      ...place,
      frames: 1,
      fps: undefined,
    })
    await expect(run).rejects.toThrow(
      /Cannot write gs:\/\/.*_aug1\.jpg: permission denied in bucket .*storage\.objects/,
    )
    const names = (await bucket.objects()).map(({ name }) => name)
    expect(names.filter(name => name.endsWith('manifest.json'))).toEqual([])
    expect(names).toContain(raw)
  })

  test('a bucket that keeps every object gets a complete run, a warning, and no work twice', async () => {
    // Otherwise a bucket with a retention policy would make every complete run a failure.
    const bucket = await newBucket()
    await using proxy = await startFaultProxy({
      target: emulator.url,
      faults: [{ on: 'delete', object: /\.checkpoint/, fault: 'return-403' }],
    })
    const options = { ...settings, out: `gs://${bucket.name}`, gcsEndpoint: proxy.url, runGuid: 'kept' }
    const warnings: string[] = []
    const start = () => processVideo(video, options, { onWarning: message => warnings.push(message) })
    const first = await start()
    expect(first.datasetSha256).toBe(local.datasetSha256)
    // With nothing installed there is one about the bundled ffmpeg too.
    expect(warnings.filter(message => !message.includes('the bundled'))).toEqual([
      expect.stringMatching(/^the run is complete, but its checkpoint could not be removed: /),
    ])
    expect(await start()).toMatchObject({ alreadyComplete: true, datasetSha256: local.datasetSha256 })
  })

  test('without checkpoints, a run removes nothing and leaves nothing to remove', async () => {
    // Otherwise it could not be used where every object must be kept.
    const bucket = await newBucket()
    await using proxy = await startFaultProxy({ target: emulator.url })
    const options = { ...settings, checkpoints: false, gcsEndpoint: proxy.url, runGuid: 'kept' }
    const start = () => processVideo(video, { ...options, out: `gs://${bucket.name}` })
    expect((await start()).datasetSha256).toBe(local.datasetSha256)
    expect(proxy.traffic('delete').requests).toBe(0)
    // In addition to the objects: a list, manifest and metadata.
    expect(proxy.log).toHaveLength(expected.length + 3)
    const names = (await bucket.objects()).map(({ name }) => name)
    expect(names.filter(name => name.includes('.checkpoint'))).toEqual([])
    expect(await start()).toMatchObject({ alreadyComplete: true })
  })

  test('a video stored as gzip is the same video, and stays gzip when it is moved', async () => {
    // Otherwise the same game would be another video for each way to store it.
    const bucket = await newBucket()
    const stored = gzipSync(await readFile(video))
    await bucket.put('zipped.mp4', stored, 'video/mp4', 'gzip')
    const options = { ...settings, gcsEndpoint: emulator.url }
    const { root } = await processVideo(`gs://${bucket.name}/zipped.mp4`, {
      ...options,
      ...{ out: `gs://${bucket.name}`, frames: 1, fps: undefined },
    })
    expect(root).toBe(`gs://${bucket.name}/${rootIn()}`)
    const metadata = JSON.parse(String(await bucket.bytes(`${rootIn()}/metadata.json`)))
    expect(metadata).toMatchObject({ file_size_bytes: (await stat(video)).size })
    const moved = `${rootIn()}/${metadata.processed_name}`
    expect(await bucket.objects(moved)).toMatchObject([{ bytes: stored.length }])
    // The run of the local video is found by the content of the moved one.
    const again = processVideo(`gs://${bucket.name}/${moved}`, { ...options, out, import: 'none' })
    expect(await again).toMatchObject({ alreadyComplete: true })
  })

  test('the project to bill is not an option of the dataset', async () => {
    // Otherwise the same command could not be resumed when another project pays.
    const bucket = await newBucket()
    await using proxy = await startFaultProxy({ target: emulator.url, requesterPays: true })
    const place = { out: `gs://${bucket.name}`, gcsEndpoint: proxy.url, frames: 1, fps: undefined }
    const start = (billingProject: string, name: string) =>
      processVideo(name, { ...settings, ...place, billingProject })
    const { root } = await start('one-project', `gs://${bucket.name}/${raw}`)
    const guid = root.slice(root.lastIndexOf('video_') + 6)
    expect(await start('another-project', `${root}/${guid}.mp4`)).toMatchObject({ alreadyComplete: true })
    expect(proxy.log.filter(({ status }) => status === 400)).toEqual([])
  })

  test('an error about a video in a bucket names its object', async () => {
    // Otherwise a user would read the path of a temporary file that is gone.
    const bucket = await newBucket()
    await bucket.put('user/raw/broken.mp4', Buffer.from('not a video'))
    const broken = `gs://${bucket.name}/user/raw/broken.mp4`
    const run = processVideo(broken, { ...settings, out, gcsEndpoint: emulator.url })
    await expect(run).rejects.toThrow(`'${broken}'`)
    await expect(run).rejects.not.toThrow(tmpdir())
  })

  test('a broken download is resumed', async () => {
    // Otherwise the download of a long game over a bad connection would never end.
    const game = inject('match').video
    const bucket = await newBucket(game)
    await using proxy = await startFaultProxy({
      target: emulator.url,
      faults: [
        { on: 'read', nth: 1, fault: 'return-broken-stream-after-256K' },
        { on: 'read', nth: 2, fault: 'stall-at-512KiB' },
      ],
    })
    const place = { out: `gs://${bucket.name}`, gcsEndpoint: proxy.url, stallSeconds: 0.5 }
    await processVideo(`gs://${bucket.name}/${raw}`, { ...settings, ...place, frames: 1, fps: undefined })
    const reads = readsOfVideo(proxy)
    expect(reads).toHaveLength(3)
    // Received bytes were not requested again, except those in the buffers.
    expect(reads.reduce((sum, { bytesDown }) => sum + bytesDown, 0)).toBeLessThan(2 * (await stat(game)).size)
  })

  test('a download with a wrong checksum in the response is repeated', async () => {
    // Otherwise correct bytes would be compared with the wrong checksum until the deadline, and the run would fail.
    const bucket = await newBucket()
    await using proxy = await startFaultProxy({
      target: emulator.url,
      faults: [{ on: 'read', object: /game\.mp4$/, nth: 1, fault: 'return-wrong-checksum' }],
    })
    const place = { out: `gs://${bucket.name}`, gcsEndpoint: proxy.url, frames: 1, fps: undefined }
    await processVideo(`gs://${bucket.name}/${raw}`, { ...settings, ...place })
    expect(readsOfVideo(proxy)).toHaveLength(2)
  })

  test('an earlier failed request does not delay the exit of the program', async () => {
    // Otherwise the program would do all its work and never exit.
    const bucket = await newBucket()
    await using proxy = await startFaultProxy({
      target: emulator.url,
      faults: [
        { on: 'write', object: /report\.html$/, nth: 1, fault: 'return-503-after-256K' },
        { on: 'write', object: /report\.html$/, nth: 2, fault: 'stall-at-256KiB' },
        { on: 'list', nth: 1, fault: 'stall-always' },
      ],
    })
    const args = [video, '--out', `gs://${bucket.name}`, '--gcs-endpoint', proxy.url, '--stall-seconds', '1']
    const ended = await cropstream(process.env, ...args, ...smallFlags, '--fps', '3', '--report')
    expect(ended.code).toBe(0)
    expect(proxy.injected).toHaveLength(3)
  })

  test.each<[string, (bucket: string) => string[], number, RegExp]>([
    [
      'a missing bucket',
      () => [video, '--out', 'gs://no-such-bucket'],
      4,
      /no bucket no-such-bucket; create it/,
    ],
    [
      'a missing object',
      bucket => [`gs://${bucket}/none.mp4`],
      3,
      /gs:\/\/.*none\.mp4: there is no such object/,
    ],
    ['a name with `..`', bucket => [`gs://${bucket}/a/../b.mp4`], 2, /without empty parts/],
    ['an invalid bucket name', () => [video, '--out', 'gs://UPPER/x'], 2, /gs:\/\/bucket\/path/],
  ])('%s ends with a clear one-line error', async (_, args, code, message) => {
    // Otherwise a typo in a name would print the JSON of the client.
    const bucket = await newBucket()
    const ended = await cropstream(
      process.env,
      ...args(bucket.name),
      '--gcs-endpoint',
      emulator.url,
      '--fps',
      '1',
    )
    expect(ended.stderr).toMatch(message)
    expect(ended.code).toBe(code)
  })
})

test('without credentials there is a one-line error that explains how to get some', async () => {
  // Otherwise a first run in a bucket would end with an unclear error.
  const env = { ...process.env, GOOGLE_APPLICATION_CREDENTIALS: join(out, 'none.json') }
  const ended = await cropstream(env, 'gs://some-bucket/game.mp4')
  expect(ended.stderr).toMatch(/credentials.*GOOGLE_APPLICATION_CREDENTIALS/)
  expect(ended.code).toBe(3)
})

const readsOfVideo = (proxy: FaultProxy): readonly LoggedRequest[] =>
  proxy.log.filter(({ kind, object }) => kind === 'read' && object === raw)

async function collect(entry: ReadEntry, into: Map<string, Buffer>): Promise<void> {
  const chunks: Buffer[] = []
  entry.on('data', chunk => chunks.push(chunk))
  entry.on('end', () => into.set(entry.path, Buffer.concat(chunks)))
}

function cropstream(env: NodeJS.ProcessEnv, ...args: string[]) {
  const graph = fileURLToPath(new URL('../dist/graph.js', import.meta.url))
  return new Promise<{ code: number; stderr: string }>(resolve => {
    const child = execFile(process.execPath, [graph, ...args], { env }, (_, __, stderr) =>
      resolve({ code: child.exitCode ?? -1, stderr }),
    )
  })
}
