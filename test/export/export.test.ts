import { createHash, randomUUID } from 'node:crypto'
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import sharp from 'sharp'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { RunLease } from '../../dist/checkpoint/run-lease.js'
import { exportCommand } from '../../dist/cli/export.js'
import { Folder } from '../../dist/storage/folder.js'
import { boxOf, colorOf, sharpnessOf, storedRun } from '../support/stored-run.js'

let parent: string
let files: string
let shards: string
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cropstream-'))
  files = await storedRun(join(parent, 'files'))
  shards = await storedRun(join(parent, 'shards'), { layout: 'shards' })
})
afterAll(() => rm(parent, { recursive: true }))

const at = (name: string) => join(parent, name)
const run = (runs: string[], format: string, out: string, ...more: string[]) =>
  exportCommand([...runs, '--format', format, '--out', at(out), '--quiet', ...more])
const listed = async (folder: string) => (await readdir(folder)).sort()
const record = async (out: string) => JSON.parse(await readFile(join(at(out), 'export.json'), 'utf8'))

/** Hash of every file below a folder by its path. */
async function hashes(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = entries.filter(entry => entry.isFile() && entry.name !== 'export.json')
  const pairs = found.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name)
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    return [path.slice(folder.length), hash] as const
  })
  return Object.fromEntries((await Promise.all(pairs)).sort())
}

/** Rows of an index. */
const rowsOf = async (out: string) =>
  parquetReadObjects({ file: await asyncBufferFromFile(join(at(out), 'index.parquet')) })

/** Whether a picture shows the crops of a track. */
async function shows(path: string | Buffer, track: number): Promise<boolean> {
  const { channels } = await sharp(path).stats()
  const { r, g, b } = colorOf(track)
  return [r, g, b].every((level, i) => Math.abs(level - (channels[i]?.mean ?? -99)) < 4)
}

/** Names of the files in a tar archive. */
async function tarNames(path: string): Promise<string[]> {
  const names: string[] = []
  for await (const entry of Readable.from([await readFile(path)]).pipe(extract())) {
    names.push(entry.header.name)
    entry.resume()
  }
  return names
}

describe('market1501', () => {
  beforeAll(() => run([files], 'market1501', 'market'))

  test('identities are divided, and at least 16 are left for training', async () => {
    // Otherwise a model would be tested with people that it was trained on.
    const { sides, audit } = await record('market')
    expect(sides).toMatchObject([
      { side: 'train', identities: 16 },
      { side: 'query', identities: 4 },
      { side: 'gallery', identities: 4 },
    ])
    expect(audit).toContain('no identity is in training and in testing')
    const of = async (folder: string) =>
      new Set((await listed(join(at('market'), 'market1501', folder))).map(name => name.slice(0, 4)))
    const [train, query, gallery] = await Promise.all(
      ['bounding_box_train', 'query', 'bounding_box_test'].map(of),
    )
    expect([...train!].filter(id => query!.has(id) || gallery!.has(id))).toEqual([])
    expect(query).toEqual(gallery)
  })

  test('each query has a gallery image of its identity from another stretch, a second apart', async () => {
    // Otherwise evaluation would have nothing to find, or would find the neighboring frame.
    const gallery = await listed(join(at('market'), 'market1501/bounding_box_test'))
    const parts = (name: string) => {
      const [, id, camera, frame] = /^(\d{4})_c(\d)s1_(\d{6})_00\.jpg$/.exec(name) ?? []
      return { id, camera, frame: Number(frame) }
    }
    const all = gallery.map(parts)
    for (const name of await listed(join(at('market'), 'market1501/query'))) {
      const query = parts(name)
      const others = all.filter(({ id, camera }) => id === query.id && camera !== query.camera)
      expect(others.length).toBeGreaterThan(0)
      expect(Math.min(...others.map(({ frame }) => Math.abs(frame - query.frame)))).toBeGreaterThanOrEqual(25)
    }
  })

  test('a file holds the crop of the identity in its name', async () => {
    // Otherwise the labels would be wrong, and no loader could notice.
    const folder = join(at('market'), 'market1501/bounding_box_train')
    for (const name of (await listed(folder)).filter((_, i) => i % 97 === 0)) {
      expect(await shows(join(folder, name), Number(name.slice(0, 4)))).toBe(true)
    }
  })

  test('a run in shards gives the same export', async () => {
    // Otherwise the layout of a run would decide what a model learns.
    await run([shards], 'market1501', 'market-of-shards')
    expect(await hashes(at('market-of-shards'))).toEqual(await hashes(at('market')))
  })

  test('too few identities are refused before anything is written', async () => {
    // Otherwise a loader would fail much later, or a model would learn nothing.
    const few = await storedRun(at('few'), {
      tracks: [
        [0, 9],
        [0, 9],
      ],
    })
    await expect(run([few], 'market1501', 'refused')).rejects.toThrow(
      /2 identities as market1501: at least 16/,
    )
    expect(await readdir(parent)).not.toContain('refused')
  })
})

describe('webdataset', () => {
  test('identities of two videos are not mixed', async () => {
    // Otherwise track 1 of one game and track 1 of another would be one class.
    const other = await storedRun(at('other'), {
      video: 2,
      tracks: [
        [0, 9],
        [2, 9],
      ],
    })
    await run([files, other], 'webdataset', 'two')
    const { identities, runs, audit } = await record('two')
    expect({ identities, runs, audit }).toEqual({
      ...{ identities: 22, runs: 2, audit: ['no frame is in training and in testing'] },
    })
    // The order of the arguments does not matter.
    await run([other, files], 'webdataset', 'two-turned')
    expect(await hashes(at('two-turned'))).toEqual(await hashes(at('two')))
  })
})

describe('imagefolder', () => {
  test('numbers that may have fractions always show one', async () => {
    // Otherwise a split whose times are whole would have another type than the other, and datasets refuses both.
    const one = await storedRun(at('one'), { tracks: [[0, 9]] })
    await run([one], 'imagefolder', 'imagefolder')
    const metadata = await readFile(join(at('imagefolder'), 'train/metadata.jsonl'), 'utf8')
    for (const line of metadata.trim().split('\n')) {
      expect(line).toMatch(
        /"pts_ms":\d+\.\d+,"box":\[(\d+\.\d+,?){4}\],"confidence":0\.9,"sharpness":\d+\.\d+\}$/,
      )
      expect(JSON.parse(line)).toMatchObject({ identity: 1, class_name: 'person' })
    }
  })
})

describe('parquet', () => {
  test('each row says where the bytes of its image are, in files and in shards', async () => {
    // Otherwise an index of a thousand games would lead to other people's pictures.
    for (const [name, runs] of [
      ['index-files', files],
      ['index-shards', shards],
    ] as const) {
      await run([runs], 'parquet', name)
      const rows = await rowsOf(name)
      expect(rows).toHaveLength(20 * (35 * 2 + 10))
      for (const row of rows.filter((_, i) => i % 331 === 0)) {
        const stored = await readFile(join(row.run, row.path))
        const jpeg = stored.subarray(row.offset, row.offset + row.bytes)
        expect(await shows(jpeg, row.track_id)).toBe(true)
        expect(row.sharpness).toBe(sharpnessOf(row.track_id, row.frame_index))
      }
    }
  })

  test('runs that did not measure how sharp their crops are have none', async () => {
    // Otherwise runs of last year could not be exported, or all of their crops would seem to be blurred.
    const tracks = [[0, 1]] as const
    for (const layout of ['files', 'shards'] as const) {
      const old = await storedRun(at(`old-${layout}`), { measured: false, layout, tracks })
      await run([old], 'parquet', `old-index-${layout}`)
      for (const row of await rowsOf(`old-index-${layout}`)) expect(row.sharpness ?? null).toBe(null)
      // datasets refuses a column that has a type in some splits only.
      await run([old, await storedRun(at('new'), { video: 2, tracks })], 'imagefolder', `mixed-${layout}`)
      const metadata = await readFile(join(at(`mixed-${layout}`), 'train/metadata.jsonl'), 'utf8')
      expect(metadata).not.toContain('sharpness')
    }
  })
})

describe('--split identity', () => {
  let rows: Awaited<ReturnType<typeof rowsOf>>
  beforeAll(async () => {
    const uneven = await storedRun(at('uneven'), {
      video: 2,
      layout: 'shards',
      tracks: Array.from({ length: 12 }, (_, i) => [i % 5, 9 - (i % 4)] as const),
    })
    await run([files, uneven], 'parquet', 'divided', '--split', 'identity', '--val-ratio', '0.25')
    rows = await rowsOf('divided')
  })

  const valOf = (video: string) => new Set(rowsIn(video, 'val').map(({ identity }) => identity))
  const rowsIn = (video: string, split: string) =>
    rows.filter(row => row.video_guid.endsWith(video) && row.split === split)

  test('no person is in train and in val, and val has no variants', async () => {
    // Otherwise a model would be validated with people that it was trained on, or with pictures that were made up.
    for (const video of ['1', '2']) {
      const val = valOf(video)
      expect(rowsIn(video, 'train').filter(({ identity }) => val.has(identity))).toEqual([])
      expect(rowsIn(video, 'val').filter(({ augmentation }) => augmentation > 0)).toEqual([])
    }
    const { audit, left_out, sides } = await record('divided')
    expect(audit).toEqual(['no identity is in training and in testing'])
    expect(left_out.variant_in_val).toBeGreaterThan(0)
    expect(sides[0].identities + sides[1].identities).toBe(32)
  })

  test('of each video val has the wanted share of crops, to within its smallest identity', async () => {
    // Otherwise one video, or people who are seldom seen, would decide what a model is chosen for.
    for (const [video, smallest] of [
      ['1', 45],
      ['2', 15],
    ] as const) {
      const crops = rows.filter(row => row.video_guid.endsWith(video) && row.augmentation === 0).length
      expect(Math.abs(rowsIn(video, 'val').length - 0.25 * crops)).toBeLessThanOrEqual(smallest)
    }
    expect(valOf('1').size).toBeGreaterThanOrEqual(4)
    expect(valOf('1').size).toBeLessThanOrEqual(6)
  })

  test('another video changes nothing for those that are there', async () => {
    // Otherwise a model could not be compared with the one of last week, before the last game.
    await run([shards], 'webdataset', 'alone', '--split', 'identity', '--val-ratio', '0.25')
    const names = await tarNames(join(at('alone'), 'val/val-000000.tar'))
    expect(new Set(names.map(name => Number(name.split('_')[0])))).toEqual(valOf('1'))
  })

  test('a default that is spelled out makes no other export', async () => {
    // Otherwise the same export would be refused as another one that is already there.
    const [defaults, split] = [
      ['--val-ratio', '0.2', '--seed', '0'],
      ['--split', 'identity'],
    ]
    await run([files], 'parquet', 'default', ...split)
    await run([files], 'parquet', 'default', ...split, ...defaults, '--min-track-crops', '1')
  })

  test('an empty side, options that need it, and a format without sides are refused', async () => {
    // Otherwise a wish would be ignored without a word, or a training would fail much later.
    const identity = ['--split', 'identity']
    const one = await storedRun(at('lonely'), { tracks: [[0, 1]] })
    await expect(run([one], 'parquet', 'd', ...identity)).rejects.toThrow(/none would be in (val|train)/)
    for (const option of ['--val-ratio', '--seed']) {
      await expect(run([files], 'parquet', 'd', option, '0')).rejects.toThrow(
        `${option} needs --split identity`,
      )
    }
    for (const format of ['market1501', 'coco']) {
      await expect(run([files], format, 'd', ...identity)).rejects.toThrow(/--split is not an option of/)
    }
  })
})

test('a manifest that was formatted anew is read as before', async () => {
  // Otherwise a run that a person looked at with jq would have no image.
  await cp(shards, at('formatted'), { recursive: true })
  const manifest = JSON.parse(await readFile(join(shards, 'manifest.json'), 'utf8'))
  for (const indent of [undefined, 2]) {
    await writeFile(join(at('formatted'), 'manifest.json'), JSON.stringify(manifest, null, indent))
    await run([at('formatted')], 'parquet', `index-${indent}`)
    expect((await record(`index-${indent}`)).sides).toEqual((await record('index-shards')).sides)
  }
})

describe('frames', () => {
  let saved: string
  beforeAll(async () => {
    saved = await storedRun(at('saved'), {
      tracks: [
        [0, 9],
        [3, 5],
      ],
      saveFrames: true,
    })
  })

  test('coco has every box of every frame, its track and its picture', async () => {
    // Otherwise a detector would be trained with people who are not labeled.
    await run([saved], 'coco', 'coco')
    const { images, annotations, categories } = JSON.parse(
      await readFile(join(at('coco'), 'annotations/instances_default.json'), 'utf8'),
    )
    expect(categories).toEqual([{ id: 1, name: 'person' }])
    expect(annotations.filter((a: { track_id: number }) => a.track_id === 2)).toHaveLength(15)
    const [x1, y1, x2, y2] = boxOf(1, 25)
    const image = images.find((image: { frame_index: number }) => image.frame_index === 25)
    expect(annotations.find((a: { image_id: number }) => a.image_id === image.id)).toMatchObject({
      ...{ track_id: 1, identity: 1, bbox: [x1, y1, x2 - x1, y2 - y1] },
    })
    const { width, height } = await sharp(join(at('coco'), 'images/default', image.file_name)).metadata()
    expect([width, height]).toEqual([image.width, image.height])
  })

  test('cvat lets a track leave, and escapes the name of the video', async () => {
    // Otherwise CVAT would draw the box of a player who has left until the end of the video, or refuse the file.
    const strange = await storedRun(at('strange'), {
      tracks: [
        [0, 9],
        [3, 5],
      ],
      name: 'A & B <"1">.mp4',
    })
    await run([strange], 'cvat', 'cvat')
    const xml = await readFile(join(at('cvat'), 'run_1/annotations.xml'), 'utf8')
    expect(xml).toContain('<name>A &amp; B &lt;&quot;1&quot;&gt;.mp4</name>')
    const second = xml.split('<track ')[2] ?? ''
    expect(second.match(/frame="(\d+)" keyframe="1" outside="1"/)?.[1]).toBe('150')
    expect(second.match(/<box /g)).toHaveLength(16)
  })

  test('mot numbers the sampled frames and keeps their pictures', async () => {
    // Otherwise TrackEval would compare frame 5 with frame 1.
    await run([saved], 'mot', 'mot')
    const sequence = join(at('mot'), 'run_1')
    expect(await listed(join(sequence, 'img1'))).toHaveLength(50)
    const truth = (await readFile(join(sequence, 'gt/gt.txt'), 'utf8')).trim().split('\n')
    const [x1, y1, x2, y2] = boxOf(2, 75)
    expect(truth.find(line => /^\d+,2,/.test(line))).toBe(`16,2,${x1},${y1},${x2 - x1},${y2 - y1},1,1,1`)
    expect((await readFile(join(sequence, 'frames.csv'), 'utf8')).split('\n')[16]).toBe('16,75,3000')
    expect(await readFile(join(sequence, 'seqinfo.ini'), 'utf8')).toMatch(/frameRate=5\nseqLength=50/)
  })
})

describe('every export', () => {
  test('one that was interrupted is continued, with the same result', async () => {
    // Otherwise an export of a thousand games would start again at the first.
    await cp(at('market'), at('again'), { recursive: true })
    const inputs = JSON.stringify((await record('again')).inputs)
    await unlink(join(at('again'), 'export.json'))
    await writeFile(join(at('again'), '.export-started.json'), inputs)
    const query = join(at('again'), 'market1501/query')
    for (const name of await readdir(query)) await unlink(join(query, name))
    // Of an image that was being written.
    const [name = ''] = await readdir(join(at('market'), 'market1501/query'))
    await writeFile(join(query, `${name}.tmp`), 'half')
    await run([files], 'market1501', 'again')
    expect(await hashes(at('again'))).toEqual(await hashes(at('market')))
    expect(await record('again')).toEqual(await record('market'))
  })

  test('one that was killed in its first moments is continued, and no file of a user is removed', async () => {
    // Otherwise a place in which nothing was written yet would be refused as not empty.
    const [parts, lease] = [at('moments'), '.checkpoint/lease-0.json']
    const left = ['.export-started.json', lease].map(path => `${path}.${randomUUID()}.tmp`)
    await mkdir(join(parts, '.checkpoint'), { recursive: true })
    for (const path of [...left, lease]) await writeFile(join(parts, path), '')
    await utimes(join(parts, lease), 0, 0) // of a process that is gone
    await writeFile(join(parts, 'notes.tmp'), 'mine')
    await expect(run([files], 'market1501', 'moments')).rejects.toThrow('it is not empty (notes.tmp)')
    expect(await listed(parts)).toHaveLength(3)
    await unlink(join(parts, 'notes.tmp'))
    await run([files], 'market1501', 'moments')
    expect(await hashes(parts)).toEqual(await hashes(at('market')))
    expect(await listed(parts)).toEqual(['export.json', 'market1501'])
  })

  test('one that is interrupted says so, releases the place, and is continued', async () => {
    // Otherwise Ctrl-C would end it without a word, and nobody would know that what was written is of use.
    const { write } = Folder.prototype
    const written = vi.spyOn(Folder.prototype, 'write').mockImplementation(function (this: Folder, ...args) {
      if (args[0].endsWith('.jpg')) process.emit('SIGINT', 'SIGINT')
      return write.apply(this, args)
    })
    const said = vi.spyOn(console, 'error').mockReturnValue()
    const args = [files, '--format', 'market1501', '--out', at('stopped')]
    expect(await exportCommand(args)).toBe(130)
    expect(said.mock.calls.flat()).toEqual([
      'SIGINT: stopping before the next object; the same command continues the export',
    ])
    written.mockRestore()
    said.mockRestore()
    const images = Object.keys(await hashes(join(at('stopped'), 'market1501')))
    expect(images.length).toBeGreaterThan(0)
    expect(images.length).toBeLessThan(1000)
    expect(await listed(at('stopped'))).toEqual(['.export-started.json', 'market1501'])
    // Again, before it has written anything more.
    const indexed = vi.spyOn(Folder.prototype, 'indexExisting').mockImplementation(async () => {
      process.emit('SIGINT', 'SIGINT')
      return []
    })
    expect(await run([files], 'market1501', 'stopped')).toBe(130)
    indexed.mockRestore()
    await run([files], 'market1501', 'stopped')
    expect(await record('stopped')).toEqual(await record('market'))
  })

  test('the audit says of which runs it holds what', async () => {
    // Otherwise runs that were split by time would be said to have no player on both sides.
    const whole = await storedRun(at('whole'), {
      video: 3,
      by: 'identity',
      tracks: [
        [0, 6],
        [8, 9],
      ],
    })
    await run([files, whole], 'webdataset', 'both-ways')
    expect((await record('both-ways')).audit).toEqual([
      'no identity of a run that was split by identity is in training and in testing',
      'no frame of a run that was split by time is in training and in testing',
    ])
  })

  test('one that is complete is left alone, and another is not mixed into it', async () => {
    // Otherwise images of two exports would lie in one folder, and train and test could share people.
    await run([files], 'market1501', 'market')
    await expect(run([files], 'market1501', 'market', '--seed', '7')).rejects.toThrow(
      /another export is there/,
    )
    await expect(run([files], 'market1501', 'files')).rejects.toThrow(/it is not empty/)
  })

  test('a second export to the same place is told that another process writes there', async () => {
    // Otherwise it would remove the files that the first is writing, and both would fail with what looks like a full disk.
    await cp(at('market'), at('busy'), { recursive: true })
    const inputs = JSON.stringify((await record('busy')).inputs)
    await unlink(join(at('busy'), 'export.json'))
    await writeFile(join(at('busy'), '.export-started.json'), inputs)
    const folder = await Folder.open(at('busy'))
    {
      await using _ = await RunLease.acquire(folder, [])
      await expect(run([files], 'market1501', 'busy')).rejects.toThrow(
        /Cannot work on .*busy: process \d+ works on it; wait for its end/,
      )
    }
    await run([files], 'market1501', 'busy')
    expect(await record('busy')).toEqual(await record('market'))
    expect(await listed(at('busy'))).toEqual(['export.json', 'market1501'])
  })

  test('what lies below and is no complete run is left out and named', async () => {
    // Otherwise a game would be missing from a training without a word, or a file of another program would end the export.
    const [good, begun] = ['good', 'begun'].map(name => join(at('tree'), name))
    await storedRun(good!, { tracks: [[0, 1]] })
    await mkdir(join(begun!, '.checkpoint'), { recursive: true })
    await writeFile(join(begun!, '.checkpoint/run.json'), '{}')
    const foreign = { binary: '\u0000PK', empty: '', web: '{"name":"site"}' }
    for (const [name, content] of Object.entries(foreign)) {
      await mkdir(join(at('tree'), name))
      await writeFile(join(at('tree'), name, 'manifest.json'), content)
    }
    const said = vi.spyOn(console, 'error').mockReturnValue()
    vi.spyOn(console, 'log').mockReturnValue()
    const args = ['--format', 'coco', '--out', at('of-tree')]
    await exportCommand([at('tree'), ...args])
    expect(said.mock.calls.flat()).toEqual([
      `warning: left out: 1 incomplete run (${begun}), to be completed with --resume`,
      ...Object.keys(foreign).map(name => {
        const why = name === 'empty' ? 'is empty' : 'no run of cropstream wrote'
        return `warning: left out: ${join(at('tree'), name, 'manifest.json')}, which ${why}; give runs below it by themselves`
      }),
      'warning: no pictures of frames: the runs kept none; make them with --save-frames',
    ])
    vi.restoreAllMocks()
    await expect(run([begun!], 'coco', 'e')).rejects.toThrow(/no manifest.json\); 1 incomplete run/)
    await expect(run([join(at('tree'), 'web')], 'coco', 'e')).rejects.toThrow(/no complete run in it/)
  })

  test('a run whose manifest is truncated is refused', async () => {
    // Otherwise a game that a full disk has damaged would be taken for the file of another program, and left out.
    await cp(at('tree'), at('cut'), { recursive: true })
    const [path = ''] = (await readdir(at('cut'), { recursive: true })).filter(path =>
      /good.*manifest/.test(path),
    )
    await truncate(join(at('cut'), path), 300)
    await expect(run([at('cut')], 'coco', 'e')).rejects.toThrow(/manifest\.json: it is not JSON/)
  })

  test('a changed image, a missing run and a video that is there twice are refused', async () => {
    // Otherwise damaged or doubled data would reach a training without a word.
    const damaged = await storedRun(at('damaged'), { tracks: [[0, 9]] })
    const image = join(damaged, 'datasets/train/track_1/crop_frame_0_det_0.jpg')
    await writeFile(image, 'damaged')
    await expect(run([damaged], 'webdataset', 'a')).rejects.toThrow(/has changed since the run/)
    await unlink(image)
    await expect(run([damaged], 'webdataset', 'a')).rejects.toThrow(/there is no such object/)
    await expect(run([at('nowhere')], 'webdataset', 'a')).rejects.toThrow(/no complete run in it/)
    await expect(run([files, shards], 'webdataset', 'a')).rejects.toThrow(/both are runs of one video/)
  })

  test('short tracks are left out when asked for', async () => {
    // Otherwise identities of three images would be trained on.
    const mixed = await storedRun(at('mixed'), {
      tracks: [
        [0, 9],
        [0, 0],
      ],
    })
    await run([mixed], 'webdataset', 'long', '--min-track-crops', '6')
    expect((await record('long')).identities).toBe(1)
    await expect(run([mixed], 'webdataset', 'b', '--min-track-crops', '99')).rejects.toThrow(
      /lower --min-track-crops/,
    )
  })

  test('of each identity the crops that differ most are kept, with their variants', async () => {
    // Otherwise a player who stands still would fill a training with one picture, and the only other one might be lost.
    const still = await storedRun(at('still'), {
      tracks: [
        [0, 9],
        [0, 9],
      ],
      odd: { track: 1, second: 4 },
    })
    await run([still], 'webdataset', 'diverse', '--max-track-crops', '2')
    const { sides, left_out } = await record('diverse')
    // Of 35 and 10 crops of each track in train and val, two are left.
    expect(left_out).toMatchObject({ short_track: 0 })
    expect(sides.reduce((sum: number, { images }: { images: number }) => sum + images, 0)).toBe(
      2 * (35 * 2 + 10) - left_out.not_diverse,
    )
    const keys = await tarNames(join(at('diverse'), 'train/train-000000.tar'))
    expect(keys.filter(key => /^1_1_100_[01]\.jpg$/.test(key))).toHaveLength(2)
    expect(new Set(keys.map(key => key.split('_').slice(0, 3).join('_'))).size).toBeLessThanOrEqual(4)
  })

  test('options of another format are refused by name', async () => {
    // Otherwise a wish would be ignored without a word.
    await expect(run([files], 'webdataset', 'c', '--test-share', '0.3')).rejects.toThrow(
      '--test-share is not an option of --format webdataset',
    )
    await expect(run([files], 'market', 'c')).rejects.toThrow(/Expected market1501 or webdataset or /)
  })
})
