import { execFile } from 'node:child_process'
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { main } from '../dist/cli/main.js'
import { OutputError, UsageError } from '../dist/common/errors.js'
import { printable, printableJson } from '../dist/common/printable.js'
import { configure, graph, type Options, settings } from '../dist/graph.js'
import { flagOf } from '../dist/settings/configure.js'
import { probe } from '../dist/sources/probe.js'
import { seekFrames } from '../dist/sources/sample-frames.js'
import { parseGcsUrl, placeOfVideo } from '../dist/storage/gcs.js'
import { StorageFactory } from '../dist/storage/storage-factory.js'
import { loadModel } from '../dist/vision/detectors/model.js'
import { bundledFolder } from '../dist/vision/detectors/model-list.js'
import { binaries, drawClip, ffmpeg } from './support/clips.js'
import { badNames, oddFfmpegNames, oddFileNames, unsafe, unsafeInLines } from './support/hostile.js'
import { smallVideo } from './support/matches.js'
import { smallFlags } from './support/small-match.js'

const program = fileURLToPath(new URL('../dist/graph.js', import.meta.url))
let folder: string
/** One second of the match, and a small clip without players. */
let video: string
let clip: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
  video = join(folder, 'second.mp4')
  await ffmpeg('-i', await smallVideo(), '-c', 'copy', '-t', '1', video)
  clip = await drawClip(join(folder, 'clip.mp4'), { frames: 5 })
})
afterAll(() => rm(folder, { recursive: true }))

let made = 0
const newFolder = (name = '') => {
  const path = join(folder, String(made++), name)
  mkdirSync(path, { recursive: true })
  return path
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}
const start = (program: string, args: readonly string[], cwd: string, env = process.env): Promise<Ended> =>
  new Promise(resolve => {
    const child = execFile(program, args, { cwd, env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
const cropstream = (cwd: string, ...args: string[]) => start(process.execPath, [program, ...args], cwd)
const quick = ['--frames', '2', '--augment', '0', ...smallFlags]

/** The message of the error that is thrown. */
function complaint(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return (error as UsageError).message
  }
  return expect.unreachable('it was accepted')
}

describe.each(['tenant', 'pipeline', 'runGuid', 'bucket'])('as %s', setting => {
  test.each(badNames)('%s is refused and printed safely', (_, name) => {
    // Otherwise a name could escape from the tenant's folder, or its error could write control codes to the terminal.
    const message = complaint(() => configure({ [setting]: name }))
    expect(message).toMatch(/^Expected letters, digits/)
    expect(message).not.toMatch(unsafe)
    expect(message.length).toBeLessThan(500)
  })
})

test.each([
  ['fps', Number.NaN],
  ['fps', Number.POSITIVE_INFINITY],
  ['fps', Number.NEGATIVE_INFINITY],
  ['fps', '5'],
  ['fps', ''],
  ['fps', [5]],
  ['fps', 10n],
  ['seed', 2 ** 53],
  ['seed', 0.5],
  ['slots', {}],
  ['slots', Symbol('x')],
  ['workers', () => 2],
  ['replacementColor', [0, 0, Number.NaN]],
  ['classes', []],
  ['model', 'a\0b'],
  ['out', ''],
  ['out', '\0'],
  ['out', '--quiet'],
  ['ffmpeg', '-i'],
])('%s cannot be %o', (setting, value) => {
  // Otherwise an invalid number or path would fail in the middle of a run, or not at all.
  expect(complaint(() => configure({ [setting]: value } as Options))).toMatch(/^Expected .* but received /)
})

test('a circular value is refused with a usage error', () => {
  // Otherwise the error message itself could not be made.
  const circle: Record<string, unknown> = {}
  circle.self = circle
  expect(complaint(() => configure({ fps: circle } as object))).toMatch(/--fps/)
})

test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
  'the key %s is an unknown option and changes no object',
  key => {
    // Otherwise options from a file could change all objects of the program (prototype pollution).
    const options = JSON.parse(`{ "${key}": { "fps": 3, "polluted": true } }`) as Options
    expect(complaint(() => configure(options))).toContain(`'${key}'`)
    expect({}).not.toHaveProperty('polluted')
  },
)

test('inherited properties are not options', () => {
  // Otherwise a polluted prototype could change the output folder.
  expect(configure(Object.create({ tenant: 'other', fps: 3 })).tenant).toBe('local')
})

/** The parsed options of a command line. */
async function parsed(...args: string[]): Promise<Options> {
  let seen: Options = {}
  const silent = vi.spyOn(console, 'error').mockImplementation(() => {})
  await main(['node', 'cropstream', 'x.mp4', ...args], graph, (_, options) => {
    seen = options
    return Promise.reject(new UsageError('enough'))
  })
  silent.mockRestore()
  return seen
}

test('the command line accepts only decimal numbers', async () => {
  // Otherwise `0x10` would be 16, and an empty variable of a script 0.
  const bad = [
    '',
    ' ',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e999',
    '0x10',
    '0b1',
    '1_000',
    '１２',
    '5;x',
    '1,5',
    '٣',
  ]
  const flags = (Object.keys(settings) as (keyof typeof settings)[]).filter(key =>
    / number /.test(settings[key]?.expects ?? ''),
  )
  const args = bad.map((text, i) => `${flagOf(flags[i]!)}=${text}`) // more flags than texts
  const options = await parsed(...args)
  for (const [i, text] of bad.entries()) {
    const key = flags[i]!
    expect(complaint(() => configure({ [key]: options[key] }))).toContain(
      `${flagOf(key)} but received '${text}'`,
    )
  }
  expect(await parsed('--fps', '2.50', '--seed=1e3', '--padding', '.5')).toMatchObject({
    fps: 2.5,
    seed: 1000,
    padding: 0.5,
  })
})

test('the last one of a repeated flag counts', async () => {
  // Otherwise the settings in a script could not be overridden by its arguments.
  const seen = await parsed('--fps', '1', '--fps', '2.5', '--tenant=a', '--tenant=b')
  expect(seen).toMatchObject({ fps: 2.5, tenant: 'b' })
})

test('safe characters are printed unchanged, others as JSON escapes', () => {
  // Otherwise umlauts would be unreadable, or a name in metadata.json would be another one.
  for (const text of ['Spiel 1/Hälfte 2.mp4', "a'b\\c", '試合.mp4']) expect(printable(text)).toBe(text)
  expect(printable('a\x1b[2J\n\u202e\u{e0041}')).toBe('a\\u001b[2J\\n\\u202e\\udb40\\udc41')
  for (const [, name] of [...badNames, ...oddFileNames]) {
    const json = printableJson(JSON.stringify({ name }, null, 2))
    expect(json).not.toMatch(unsafeInLines)
    expect(JSON.parse(json)).toEqual({ name })
  }
})

const forged = '\x1b]0;owned\x07\x1b[2J\u009b31m\u202e\ncropstream: all is well\n'

test.each<[string, string[], number]>([
  ['an unknown option', ['x.mp4', `--${forged}`], 2],
  ['an unknown option that is like a known one', ['x.mp4', `--tenan${forged}`], 2],
  ['a value', ['x.mp4', '--split', forged], 2],
  ['a URL', ['x.mp4', '--out', `gs://${forged}`], 2],
  ['a missing video', [`${forged}.mp4`], 3],
  ['a missing video, in full', [`${forged}.mp4`, '--verbose'], 3],
  ['a missing video, as JSON', [`${forged}.mp4`, '--log-format', 'json'], 3],
  ['a missing program', [program, '--ffmpeg', forged], 2],
  ['a missing model', ['second.mp4', '--model', forged], 3],
])('an error about %s writes no control codes to the terminal', async (_, args, code) => {
  // Otherwise the name of a file could clear the screen, rename the window, or forge a line of the log.
  const ended = await cropstream(folder, ...args)
  expect(ended.code).toBe(code)
  expect(ended.stdout + ended.stderr).not.toMatch(unsafeInLines)
  expect(ended.stderr).not.toMatch(/^cropstream: all is well/m)
  expect(ended.stderr).toMatch(/\\+u001b\]0;owned/)
})

describe.each(oddFileNames)('a video, folders and programs named with %s', (_, name) => {
  test('make a dataset, without other effects', async () => {
    // Otherwise a name could run a command, open another file, or write control codes to a terminal or a log.
    const cwd = newFolder()
    const home = newFolder(name)
    const odd = (file: string) => join(home, `${name}${file}`)
    linkOrCopy(video, odd('.mp4'))
    symlinkSync(binaries.ffmpeg, odd('ffmpeg'))
    symlinkSync(binaries.ffprobe, odd('ffprobe'))
    for (const file of ['nanodet.onnx', 'models.json'])
      symlinkSync(join(bundledFolder, file), join(home, file))
    const places = [
      '--out',
      odd('out'),
      '--model',
      join(home, 'nanodet.onnx'),
      '--metrics-textfile',
      odd('.prom'),
    ]
    const programs = ['--ffmpeg', odd('ffmpeg'), '--ffprobe', odd('ffprobe')]
    const before = readdirSync(home).sort()
    const args = [odd('.mp4'), ...places, ...programs, ...quick, '--report', '--preview', '--run-guid', 'one']
    const ended = await cropstream(cwd, ...args)

    expect(ended.stderr).toMatch(/640x360/)
    expect(ended.code).toBe(0)
    expect(ended.stdout + ended.stderr).not.toMatch(unsafeInLines)
    expect(ended.stdout + ended.stderr).not.toMatch(/^cropstream: all is well/m)
    expect(readdirSync(cwd)).toEqual([])
    expect(readdirSync(home).sort()).toEqual([...before, `${name}out`, `${name}.prom`].sort())

    const files = (await readdir(odd('out'), { recursive: true })).map(String)
    const read = (file: string) =>
      readFileSync(join(odd('out'), files.find(path => path.endsWith(file)) ?? ''), 'utf8')
    for (const text of [read('metadata.json'), read('manifest.json'), readFileSync(odd('.prom'), 'utf8')])
      expect(text).not.toMatch(unsafeInLines)
    expect(JSON.parse(read('metadata.json')).original_name).toBe(basename(odd('.mp4')))
    const [page, data] = [
      read('report.html'),
      /id="data">(.*?)<\/script>/.exec(read('report.html'))?.[1] ?? '',
    ]
    expect(/<title>.*<\/title>/.exec(page)?.[0]).toContain(' · cropstream')
    expect(JSON.parse(data).video.name).toBe(printable(odd('.mp4')))
    expect(files.filter(file => /preview\.mp4$|\.tmp$/.test(file))).toHaveLength(1)
  })
})

test('a name is printed safely as JSON and above a progress bar', async () => {
  // Otherwise a log collector or a terminal would get the control codes in the name of a file.
  const cwd = newFolder()
  const path = join(newFolder(), `${forged.replaceAll('/', '')}.mp4`)
  linkOrCopy(video, path)
  const json = await cropstream(cwd, path, ...quick, '--log-format', 'json')
  expect(json.stderr).not.toMatch(unsafeInLines)
  for (const line of json.stderr.trim().split('\n')) expect(JSON.parse(line).video).toBe(path)

  // `script` provides a terminal.
  const env = { ...process.env, NODE: process.execPath, GRAPH: program, VIDEO: path, TERM: 'xterm' }
  const command = `"$NODE" "$GRAPH" "$VIDEO" ${quick.join(' ')}`
  const shown = await start('script', ['-qefc', command, '/dev/null'], cwd, env)
  expect(shown.stdout).toContain('100%')
  expect(shown.stdout).toContain('\\u001b]0;owned')
  for (const order of ['\x1b]0;', '\x1b[2J', '\u009b', '\u202e', '\ncropstream: all'])
    expect(shown.stdout).not.toContain(order)
})

test('a video is read by its name even if the name is special for ffmpeg', async () => {
  // Otherwise ffmpeg would read its standard input, the network or a list of files, or take it as an option.
  const home = newFolder()
  for (const name of oddFfmpegNames) {
    const path = join(home, name)
    linkOrCopy(clip, path)
    const info = await probe(path, binaries)
    expect([name, info.frameCount, (await seekFrames(info, 1)).length]).toEqual([name, 5, 1])
  }
})

test('a video whose name is an option can be given after `--`', async () => {
  // Otherwise a file named -i could not be processed, or would be an option of ffmpeg.
  const cwd = newFolder()
  linkOrCopy(video, join(cwd, '-i'))
  expect(await cropstream(cwd, '-i')).toMatchObject({ code: 2, stderr: expect.stringContaining("'-i'") })
  expect(await cropstream(cwd, '--quiet', ...quick, '--', '-i')).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(cwd).sort()).toEqual(['-i', 'out'])
})

test('a model with control codes in its name is refused', async () => {
  // Otherwise its name would reach terminals through the metrics and the manifest.
  const home = newFolder()
  linkOrCopy(join(bundledFolder, 'nanodet.onnx'), join(home, 'nanodet.onnx'))
  const described = { file: 'nanodet.onnx' }
  for (const change of [{ name: forged }, { name: '' }, { name: 'x'.repeat(2000) }, { classes: [forged] }]) {
    writeFileSync(join(home, 'models.json'), JSON.stringify([{ ...described, ...change }]))
    await expect(loadModel({ model: join(home, 'nanodet.onnx') })).rejects.toThrow(
      /models\.json: nanodet\.onnx: (name|classes)/,
    )
  }
})

describe('links in the output folder', () => {
  const open = (out: string) => new StorageFactory(out, {}).open('acme', 'user', 'run_one')
  const image = new Uint8Array([1, 2, 3])

  test('the output folder itself may be a link', async () => {
    // Otherwise a user could not keep datasets on another disk.
    const [target, out] = [newFolder(), join(newFolder(), 'link')]
    symlinkSync(target, out)
    await (await open(out)).write('datasets/x.jpg', image)
    expect(await readdir(join(target, 'acme/user/run_one/datasets'))).toEqual(['x.jpg'])
  })

  test('a link inside the output folder is followed', async () => {
    // Otherwise a renamed tenant could not keep its old name as a link.
    const out = newFolder()
    mkdirSync(join(out, 'acme-2026'))
    symlinkSync('acme-2026', join(out, 'acme'))
    await (await open(out)).write('x.jpg', image)
    expect(await readdir(join(out, 'acme-2026/user/run_one'))).toEqual(['x.jpg'])
  })

  test.each<[string, (outside: string, out: string) => string]>([
    ['a tenant', outside => outside],
    ['a tenant, by a relative path', outside => join('..', '..', basename(join(outside, '..')))],
    ['a tenant, to a missing folder', outside => join(outside, 'none')],
    ['a tenant, to itself', (_, out) => join(out, 'acme')],
    ['a tenant, to the root', () => '/'],
    ['a tenant, to a folder with the same prefix', (_, out) => `${out}-2`],
  ])('a link of %s out of the output folder is refused, and nothing is written there', async (_, lead) => {
    // Otherwise a user who may create one link could make the program write anywhere.
    const [outside, out] = [newFolder('outside'), newFolder('out')]
    mkdirSync(`${out}-2`)
    symlinkSync(lead(outside, out), join(out, 'acme'))
    const error = await open(out).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(OutputError)
    expect((error as Error).message).toMatch(
      /acme is a link that leads out of .*; remove it or choose another --out/,
    )
    expect([...readdirSync(outside), ...readdirSync(`${out}-2`)]).toEqual([])
  })

  test.each(['datasets', 'datasets/train'])('a link of %s in the run out of it is refused', async name => {
    // Otherwise the images of a running run could be redirected.
    const [outside, out] = [newFolder('outside'), newFolder('out')]
    const store = await open(out)
    await store.write('metadata.json', image)
    mkdirSync(join(store.root, name, '..'), { recursive: true })
    symlinkSync(outside, join(store.root, name))
    for (const write of [
      () => store.write(`${name}/a/x.jpg`, image),
      () => store.createStream(`${name}/a/x.tar`),
    ])
      await expect(write()).rejects.toThrow(/is a link that leads out of/)
    await store.close()
    expect(readdirSync(outside)).toEqual([])
  })

  test('a run ends with a clear one-line error and exit code 4', async () => {
    // Otherwise a refusal would look like an internal error.
    const [outside, cwd] = [newFolder('outside'), newFolder()]
    mkdirSync(join(cwd, 'out'))
    symlinkSync(outside, join(cwd, 'out/local'))
    const { code, stderr } = await cropstream(cwd, video, ...quick)
    expect(stderr).toMatch(
      /^cropstream: Cannot write .*out\/local is a link that leads out of out; remove it.*\n$/,
    )
    expect([code, readdirSync(outside)]).toEqual([4, []])
  })
})

test('metrics are not written through an existing link', async () => {
  // Otherwise, in a shared folder such as /tmp, other users could make the program overwrite any file.
  const cwd = newFolder()
  const { Exposition } = await import('../dist/observe/exposition.js')
  const { Metrics } = await import('../dist/observe/metrics.js')
  writeFileSync(join(cwd, 'precious'), 'precious')
  symlinkSync('precious', join(cwd, `m.prom.${process.pid}.tmp`))
  const where = { metricsTextfile: join(cwd, 'm.prom'), metricsPort: undefined, pushgateway: undefined }
  await new Exposition(new Metrics(), where, expect.unreachable)[Symbol.asyncDispose]()
  expect(readFileSync(join(cwd, 'precious'), 'utf8')).toBe('precious')
  expect(readFileSync(join(cwd, 'm.prom'), 'utf8')).toContain('cropstream_run_active')
})

describe('gs:// URLs', () => {
  test.each([
    'gs://',
    'gs:///a',
    'gs://ab/x',
    'gs://Games/x',
    'gs://games..old/x',
    'gs://.games/x',
    'gs://games./x',
    'gs://-games/x',
    'gs://games-.com/x',
    'gs://10.0.0.1/x',
    `gs://${'x'.repeat(64)}/x`,
    `gs://${'x'.repeat(2000)}/x`,
    'gs://games?a/x',
    'gs://games#a/x',
    'gs://g%61mes/x',
    'gs://user@games/x',
    'gs://games:80/x',
    'gs://games\n/x',
    'gs://ga\u200bmes/x',
    'gs://gаmes/x',
    'gs://games/../x',
    'gs://games//x',
    'gs://games/a/./x',
    'gs://games/a\nb',
    'gs://games/a\0b',
    `gs://games/${'x'.repeat(2000)}`,
    'GS://games/x',
    'gs:/games/x',
    'gs:games',
    's3://games/x',
    'https://storage.googleapis.com/games/x',
    'file:///tmp/x',
  ])('%j is refused as a video and as --out, before anything is fetched', url => {
    // Otherwise a typo would make a folder named "s3:", or fail after a long download.
    for (const refuse of [() => placeOfVideo(url, undefined, 'acme'), () => configure({ out: url })]) {
      const message = complaint(refuse)
      expect(message).toMatch(/^Expected .*(the video|--out)/)
      expect(message).not.toMatch(unsafe)
      expect(message.length).toBeLessThan(500)
    }
  })

  test('a bucket without an object is no video, and the length of a prefix is limited', () => {
    // Otherwise the storage client would fail with another error, or the first image with a name that is too long.
    expect(complaint(() => placeOfVideo('gs://games/', undefined, 'acme'))).toMatch(/the video/)
    expect(complaint(() => placeOfVideo('', 'games', 'acme'))).toMatch(/the video/)
    expect(complaint(() => configure({ out: `gs://games/${'x'.repeat(525)}` }))).toMatch(/at most 524 bytes/)
    expect(configure({ out: `gs://games/${'x'.repeat(524)}` }).out).toHaveLength(535)
  })

  test('buckets with dots, dashes and underscores are accepted', () => {
    // Otherwise users could not use existing buckets.
    for (const bucket of ['abc', 'a-b_c', 'games.example.com', '1.2.3', `${'x'.repeat(63)}.com`])
      expect(parseGcsUrl(`gs://${bucket}/`, '--out')).toEqual({ bucket, path: '' })
  })

  test('an object is requested by exactly the given name', async () => {
    // Otherwise `?`, `#` or `%2F` in a name would request another object, or another resource.
    const requested: string[] = []
    const server = createServer((request, response) => {
      requested.push(request.url ?? '')
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      for (const name of ['a?b&alt=json#c.mp4', '%2e%2e/a%2Fb.mp4', "a b+c'd;e.mp4", 'x/\u202egpj.mp4']) {
        requested.length = 0
        const ended = await cropstream(newFolder(), `gs://games/${name}`, '--gcs-endpoint', endpoint)
        expect(ended.stderr).toMatch(/there is no such object; check its name\n$/)
        expect(ended.stderr).not.toMatch(unsafeInLines)
        expect(ended.code).toBe(3)
        const objects = requested.map(url => /\/b\/games\/o\/([^/?#]*)(\?|$)/.exec(url)?.[1] ?? url)
        expect(objects.map(decodeURIComponent)).toEqual([name])
      }
    } finally {
      server.close()
    }
  })
})

/** Links or copies a file to another name. */
function linkOrCopy(file: string, path: string): void {
  try {
    linkSync(file, path)
  } catch {
    copyFileSync(file, path)
  }
}
