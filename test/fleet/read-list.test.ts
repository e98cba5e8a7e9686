import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError, UsageError } from '../../dist/common/errors.js'
import { batchNameOf } from '../../dist/fleet/batch-name.js'
import { readList } from '../../dist/fleet/read-list.js'
import { graph } from '../../dist/graph.js'
import { describeWithEmulator } from '../support/gcs/suite.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cropstream-'))
})
afterAll(() => rm(root, { recursive: true }))

let folders = 0
/** A new folder with these files, of which the content is their name. */
async function folderWith(...paths: readonly string[]): Promise<string> {
  const folder = join(root, `${folders++}`)
  await mkdir(folder)
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), path)
  }
  return folder
}

const read = (list: string, endpoint?: string) => readList(list, { endpoint }, graph.settings)
/** The videos of a list below a folder: paths relative to it. */
async function below(folder: string, list = folder): Promise<string[]> {
  const videos = await read(list)
  return videos.map(({ uri }) => uri.slice(folder.length + 1))
}

describe('a folder', () => {
  test('gives the videos in it and below, by path, with their sizes', async () => {
    // Otherwise the order would depend on the disk, cameras that write .MP4 would be missed, and runs begin with photos.
    const folder = await folderWith(
      'b.mkv',
      'a/z.MP4',
      'a.mp4',
      'notes.txt',
      'mp4',
      'a/1.mp4.part',
      'c.mp4.tmp',
    )
    expect(await read(folder)).toEqual([
      { uri: join(folder, 'a.mp4'), bytes: 5 },
      { uri: join(folder, 'a/z.MP4'), bytes: 7 },
      { uri: join(folder, 'b.mkv'), bytes: 5 },
    ])
  })

  test('leaves hidden files out, and what runs wrote into it', async () => {
    // Otherwise the previews of one batch would be the games of the next.
    const run = 'out/acme/user/process/player-crops/run_1/video_2'
    const folder = await folderWith(
      'a.mp4',
      '.a.mp4',
      '.cache/b.mp4',
      `${run}/preview.mp4`,
      'user/raw/run_1/c.mp4',
    )
    expect(await below(folder)).toEqual(['a.mp4', 'user/raw/run_1/c.mp4'])
    expect(await below(join(folder, run))).toEqual(['preview.mp4'])
  })

  test('follows symbolic links, also in circles', async () => {
    // Otherwise a folder of links to another disk would be empty, or never end.
    const [disk, folder] = [await folderWith('game.mp4'), await folderWith('a/own.mp4')]
    await symlink(disk, join(folder, 'disk'))
    await symlink(folder, join(folder, 'a/up'))
    expect(await below(folder)).toEqual(['a/own.mp4', 'disk/game.mp4'])
  })

  test('with a video that cannot be had is refused', async () => {
    // Otherwise it would be missing from the batch, and nothing would say so.
    const folder = await folderWith('a.mp4')
    await symlink('gone', join(folder, 'b.mp4'))
    await expect(read(folder)).rejects.toThrow(`Cannot read ${join(folder, 'b.mp4')}: the link leads nowhere`)
  })

  test('without a video is an error that says what was looked for', async () => {
    // Otherwise a batch over the wrong folder would end as a success.
    const folder = await folderWith('notes.txt')
    await expect(read(folder)).rejects.toThrow(`${folder}: there is no video in it (a name that ends in mp4,`)
    await expect(read(folder)).rejects.toThrow(InputError)
  })
})

describe('a pattern', () => {
  test('gives the videos that it matches', async () => {
    // Otherwise a user could not choose some of the games in a folder.
    const folder = await folderWith('a/home.mp4', 'b/home.mp4', 'b/away.mp4', 'b/home.txt')
    expect(await below(folder, `${folder}/**/home.*`)).toEqual(['a/home.mp4', 'b/home.mp4'])
    expect(await below(folder, `${folder}/{a,c}/*`)).toEqual(['a/home.mp4'])
    await expect(read(`${folder}/c/*.mp4`)).rejects.toThrow('c/*.mp4: there is no video in it')
  })

  test('is not what a name is that exists, alone or as the beginning of a pattern', async () => {
    // Otherwise "games [2024]" would be searched for in "games 2".
    const folder = await folderWith('games [2024]/final (1).mp4', 'games [2024]/b.mov', 'games 2/c.mp4')
    const games = join(folder, 'games [2024]')
    expect(await below(games)).toEqual(['b.mov', 'final (1).mp4'])
    expect(await below(games, `${games}/*.mov`)).toEqual(['b.mov'])
    expect(await below(games, `${games}/final (1).mp4`)).toEqual(['final (1).mp4'])
  })
})

test.each([
  ['nowhere', InputError, /^Cannot read .*nowhere: there is no such file or folder/],
  ['notes.txt', UsageError, /^Expected a folder, a pattern, .* for LIST but received '.*notes.txt'/],
])('%s is no list', async (name, type, message) => {
  // Otherwise it would fail as a video that is broken.
  const folder = await folderWith('notes.txt')
  await expect(read(join(folder, name))).rejects.toThrow(message)
  await expect(read(join(folder, name))).rejects.toThrow(type)
})

test.each(['s3://bucket/games', 'https://x.test/a.mp4', 'GS://bucket'])(
  '%s is refused as a list',
  async list => {
    // Otherwise it would be searched for on this disk.
    await expect(read(list)).rejects.toThrow(`gs://bucket/prefix for LIST but received '${list}'`)
  },
)

describe('a table', () => {
  /** The path of a table, beside the videos a.mp4 and b.mp4 in a folder games. */
  async function tableOf(content: string | Uint8Array, name = 'list.csv'): Promise<string> {
    const folder = await folderWith('games/a.mp4', 'games/b.mp4')
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }

  test('gives options for each video, as the command line has them', async () => {
    // Otherwise a list from a spreadsheet, with its mark, line ends and quotes, would have to be mended by hand.
    const lines = [
      '\uFEFF uri , priority,min-height,fps,no-report,classes,replacement-color,"preview",,',
      'games/a.mp4,3,40, 2.5 ,TRUE,"player, goalie","1,2,3",false,,',
      '',
      ',,,,,,,',
      'gs://bucket/c.mp4,,,,,,,',
      '"games/b.mp4"',
    ]
    const list = await tableOf(`${lines.join('\r\n')}\r\n`)
    const folder = dirname(list)
    const options = { minHeight: 40, fps: 2.5, report: false, classes: ['player', 'goalie'] }
    expect(await read(list)).toEqual([
      {
        uri: join(folder, 'games/a.mp4'),
        priority: 3,
        bytes: 11,
        options: { ...options, replacementColor: [1, 2, 3], preview: false },
      },
      { uri: 'gs://bucket/c.mp4', options: {} },
      { uri: join(folder, 'games/b.mp4'), bytes: 11, options: {} },
    ])
  })

  test('may be separated by semicolons', async () => {
    // Otherwise what Excel saves in half of Europe would have one column.
    const list = await tableOf('uri;fps\ngames/a.mp4;2\n')
    expect(await read(list)).toMatchObject([{ bytes: 11, options: { fps: 2 } }])
  })

  test('may be JSON lines, by the names of the command line or of the library', async () => {
    // Otherwise a program that makes lists would have to turn its values into text.
    const lines = [
      { uri: 'games/a.mp4', bytes: 7, 'min-height': 40, 'no-report': true, fps: null },
      { uri: join(await folderWith('c.mp4'), 'c.mp4'), minHeight: 30, classes: ['player'] },
    ]
    const list = await tableOf(
      `\uFEFF${lines.map(line => JSON.stringify(line)).join('\r\n')}\n\n`,
      'list.jsonl',
    )
    expect(await read(list)).toEqual([
      { uri: join(dirname(list), 'games/a.mp4'), bytes: 7, options: { minHeight: 40, report: false } },
      { uri: lines[1]?.uri, bytes: 5, options: { minHeight: 30, classes: ['player'] } },
    ])
  })

  test.each<[string, RegExp]>([
    ['', /^Cannot read .*list\.csv: it lists no video$/],
    ['uri,fps\n\n', /^Cannot read .*list\.csv: it lists no video$/],
    ['games/a.mp4\n', /list\.csv, line 1: Expected a column uri for the header but received 'games\/a.mp4'$/],
    [
      'uri,min-hight\ngames/a.mp4,3',
      /known option in .*list\.csv, line 1 but received 'min-hight'; did you mean min-height\?$/,
    ],
    [
      'uri,minHeight,min-height\nx,1,2',
      /one value for minHeight for .*list\.csv, line 2 but received 'two'$/,
    ],
    [
      'uri,fps\n\n,2',
      /list\.csv, line 3: Expected a path or gs:\/\/bucket\/path for uri but received undefined$/,
    ],
    [
      'uri,priority\ngames/a.mp4,soon',
      /line 2: Expected a whole number from -1000000 to 1000000 for priority but received 'soon'$/,
    ],
    ['uri,bytes\ngames/a.mp4,-1', /line 2: Expected a whole number from 0 to .* for bytes but received -1$/],
    [
      'uri\ns3://x/a.mp4',
      /line 2: Expected a path or gs:\/\/bucket\/path for uri but received 's3:\/\/x\/a.mp4'$/,
    ],
    ['uri\ngs://x/a.mp4', /line 2: Expected gs:\/\/bucket\/path with a valid bucket name for uri but/],
    [
      'uri\ngs://bucket/../a.mp4',
      /line 2: Expected an object name without empty parts, \. and \.\. for uri but/,
    ],
    ['uri\ngames/a.mp4\nhome,away.mp4', /line 3: Expected at most 1 cells, with quotes .* 'home,away.mp4'$/],
    ['uri\n"games/a.mp4', /^Cannot read .*list\.csv: Quote Not Closed: .* line 2/],
  ])('is refused with the line: %j', async (content, message) => {
    // Otherwise the mistake would have to be searched for among thousands of lines, after a night.
    await expect(read(await tableOf(content))).rejects.toThrow(message)
  })

  test.each<[string, RegExp]>([
    ['{"uri": "games/a.mp4"}\n{', /^Cannot read .*list\.jsonl, line 2: it is not JSON$/],
    ['["games/a.mp4"]', /^Expected an object with a uri for .*list\.jsonl, line 1 but received \[/],
    [
      '\n{"fps": 2}',
      /list\.jsonl, line 2: Expected a path or gs:\/\/bucket\/path for uri but received undefined$/,
    ],
    ['{"uri": 7}', /line 1: Expected a path or gs:\/\/bucket\/path for uri but received 7$/],
    ['{"uri": "a", "mask": 1}', /known option in .*list\.jsonl, line 1 but received 'mask'/],
  ])('of JSON lines is refused with the line: %j', async (content, message) => {
    // Otherwise the mistake would have to be searched for among thousands of lines, after a night.
    await expect(read(await tableOf(content, 'list.jsonl'))).rejects.toThrow(message)
  })

  test('in another encoding is refused', async () => {
    // Otherwise each video with an umlaut would be missing, and its name unreadable in the error.
    await expect(read(await tableOf(Buffer.from('uri\nHälfte.mp4', 'latin1')))).rejects.toThrow(
      /^Cannot read .*list\.csv: it is not UTF-8/,
    )
  })

  test('with videos that are missing is refused, with the first of them and their number', async () => {
    // Otherwise they would fail one by one, in the middle of the night.
    const names = ['games/a.mp4', ...Array.from({ length: 7 }, (_, i) => `${i}.mp4`), 'games']
    const list = await tableOf(`uri\n${names.join('\n')}\n`)
    const named = [0, 1, 2, 3, 4].map(i => `${join(dirname(list), `${i}.mp4`)} (line ${i + 3})`)
    await expect(read(list)).rejects.toThrow(
      `Cannot read ${list}: 8 of 9 videos are not there or no files: ${named.join(', ')} and 3 more`,
    )
  })
})

test.each([
  ['games/Saturday', 'Saturday'],
  ['/mnt/games/', 'games'],
  ['games/**/*.mp4', 'games'],
  ['games/{home,away}/final.mp4', 'final'],
  ['lists/weekend.v2.csv', 'weekend.v2'],
  ['gs://bucket/acme/user/raw/', 'raw'],
  ['gs://bucket', 'bucket'],
  ['Spiele [Hälfte 1]', 'Spiele-Halfte-1'],
  ['.hidden/-games', 'games'],
  ['/', 'videos'],
  ['/*.mp4', 'videos'],
  ['試合', 'videos'],
  [`${'x'.repeat(99)} y`, 'x'.repeat(99)],
])('the batch of %s is named %s', (list, name) => {
  // Otherwise a batch could not be found again by what it was made of, or its name would be refused.
  expect(batchNameOf(list)).toBe(name)
})

await describeWithEmulator('a bucket', emulator => {
  let buckets = 0
  /** A new bucket with these objects, of which the content is their name. */
  async function bucketWith(...names: readonly string[]) {
    const bucket = await emulator.createBucket(`list-${process.pid}-${buckets++}`)
    for (const name of names) await bucket.put(name, name)
    return { bucket, url: `gs://${bucket.name}` }
  }

  test('gives the videos below a prefix, with their sizes', async () => {
    // Otherwise games would be begun in any order, or runs be taken for games.
    const run = 'raw/user/process/player-crops/run_1/video_2'
    const names = ['raw/b.mp4', 'raw/a/c.MOV', 'raw/.a.mp4', 'raw/notes.txt', `${run}/2.mp4`, 'raw2/d.mp4']
    const { url } = await bucketWith(...names)
    const videos = [
      { uri: `${url}/raw/a/c.MOV`, bytes: 11 },
      { uri: `${url}/raw/b.mp4`, bytes: 9 },
    ]
    for (const list of [`${url}/raw`, `${url}/raw/`]) expect(await read(list, emulator.url)).toEqual(videos)
    const all = [...videos, { uri: `${url}/raw2/d.mp4`, bytes: 10 }]
    expect(await read(url, emulator.url)).toEqual(all)
    expect(await read(`${url}/raw/b.mp4`, emulator.url)).toEqual([videos[1]])
    await expect(read(`${url}/none`, emulator.url)).rejects.toThrow(`${url}/none: there is no video in it`)
    await expect(read(`${url}/none.mp4`, emulator.url)).rejects.toThrow(
      `${url}/none.mp4: there is no such object`,
    )
  })

  test('gives a table, of which relative paths are in the bucket', async () => {
    // Otherwise a list could not lie beside its videos.
    const { bucket, url } = await bucketWith()
    await bucket.put('lists/a.csv', 'uri,fps\nx.mp4,2\n../y.mp4,\n')
    await bucket.put('b.jsonl', '{"uri": "x.mp4"}')
    expect(await read(`${url}/lists/a.csv`, emulator.url)).toEqual([
      { uri: `${url}/lists/x.mp4`, options: { fps: 2 } },
      { uri: `${url}/y.mp4`, options: {} },
    ])
    expect(await read(`${url}/b.jsonl`, emulator.url)).toEqual([{ uri: `${url}/x.mp4`, options: {} }])
    await expect(read(`${url}/c.csv`, emulator.url)).rejects.toThrow(
      `Cannot read ${url}/c.csv: there is no such`,
    )
  })
})
