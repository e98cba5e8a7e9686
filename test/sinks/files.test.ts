import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FilesSink } from '../../dist/sinks/files.js'
import { Manifest } from '../../dist/sinks/manifest.js'
import { Folder } from '../../dist/storage/folder.js'
import { UploadWindow } from '../../dist/storage/upload-window.js'
import type { ImageFile } from '../../dist/types.js'

let parent: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cropstream-'))
})
afterEach(() => rm(parent, { recursive: true }))

const window = () => new UploadWindow({ parallel: 8, waitingBytes: 1 << 20 })
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')
const file = (n: number, path = `datasets/train/track_${n % 5}/crop_${n}.jpg`): ImageFile => {
  const bytes = Buffer.from(`image ${n}`)
  return { final: true, frameIndex: n, path, bytes, sha256: sha256(bytes) }
}
const filesIn = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => entry.name)

test('every image is written and listed in the manifest, in write order', async () => {
  // Otherwise the manifest would not describe the dataset.
  const folder = await Folder.open(join(parent, 'a/b'))
  const manifest = await Manifest.in(folder, { options: { seed: 1 } })
  await using sink = new FilesSink(folder, manifest.add, window())
  for (let n = 0; n < 100; n++) await sink.write(file(n))
  await sink.flush()
  const hash = await manifest.publish({ steps: {} })
  const written = JSON.parse(await readFile(join(folder.root, 'manifest.json'), 'utf8'))
  expect(written).toMatchObject({
    format: 'cropstream/1',
    options: { seed: 1 },
    steps: {},
    dataset_sha256: hash,
  })
  expect(written.objects.map((object: { path: string }) => object.path)).toEqual(
    Array.from({ length: 100 }, (_, n) => file(n).path),
  )
  for (const object of written.objects) {
    const bytes = await readFile(join(folder.root, object.path))
    expect([bytes.length, sha256(bytes)]).toEqual([object.bytes, object.sha256])
  }
  expect(
    sha256(written.objects.map((o: { path: string; sha256: string }) => `${o.sha256}  ${o.path}\n`).join('')),
  ).toBe(hash)
})

test('an abandoned run leaves its finished images and nothing else', async () => {
  // Otherwise a partial manifest or a temporary file could be mistaken for a result.
  const folder = await Folder.open(join(parent, 'a/b'))
  const manifest = await Manifest.in(folder, {})
  await using sink = new FilesSink(folder, manifest.add, window())
  await sink.write(file(1))
  await sink.flush()
  await folder.close()
  expect(await filesIn(parent)).toEqual(['crop_1.jpg'])
})

test('an abandoned run without images leaves no folder', async () => {
  // Otherwise each failed start would leave an empty folder in the output.
  const folder = await Folder.open(join(parent, 'out/tenant/run'))
  await Manifest.in(folder, {})
  await folder.close()
  expect(await readdir(parent)).toEqual([])
})

test('an image that cannot be written fails the run and names the file', async () => {
  // Otherwise a dataset with holes would be published.
  const folder = await Folder.open(join(parent, 'run'))
  await writeFile(join(folder.root, 'datasets'), 'in the way')
  await using sink = new FilesSink(folder, (await Manifest.in(folder, {})).add, window())
  await sink.write(file(1))
  await expect(sink.flush()).rejects.toThrow(/Cannot write .*datasets.*file/)
  await expect(sink.write(file(2))).rejects.toThrow(/Cannot write/)
  await folder.close()
})
