import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { settings } from '../../dist/graph.js'
import { flagOf } from '../../dist/settings/configure.js'
import { drawClip, ffmpeg } from '../support/clips.js'
import { smallVideo } from '../support/matches.js'
import { smallFlags } from '../support/small-match.js'

const graph = fileURLToPath(new URL('../../dist/graph.js', import.meta.url))
const models = fileURLToPath(new URL('../../models', import.meta.url))
let folder: string
/** A copy of the match, because the test looks for processes that read it, and other tests read the original. */
let video: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
  video = join(folder, 'match.mp4')
  await copyFile(await smallVideo(), video)
})
afterAll(() => rm(folder, { recursive: true }))

/** Options for a very short run. */
const quick = ['--fps', '1.5', '--augment', '0', ...smallFlags]

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const cropstream = (...args: string[]): Promise<Ended> =>
  new Promise(resolve => {
    const child: ChildProcess = execFile(process.execPath, [graph, ...args], (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })

let made = 0
/** Creates a file with the given bytes. */
const fileOf = async (name: string, content: string | Uint8Array) => {
  const path = join(folder, `${made++}-${name}`)
  await writeFile(path, content)
  return path
}
const newOut = () => join(folder, `out-${made++}`)
const exists = (path: string) =>
  readdir(path).then(
    () => true,
    () => false,
  )
/** Command lines of ffmpeg processes that still read the copy. */
const ffmpegsOn = async (path: string) => {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const commands = await Promise.all(
    pids.map(pid => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  )
  return commands.filter(command => /ffmpeg|ffprobe/.test(command) && command.includes(path))
}

async function truncated() {
  const path = join(folder, `${made++}-cut.mp4`)
  // With the index at the front, so that a truncated file can still be opened.
  await ffmpeg('-i', video, '-c', 'copy', '-movflags', '+faststart', path)
  const file = await open(path)
  const { size } = await file.stat()
  await file.close()
  await truncate(path, Math.round(size * 0.6))
  return path
}

test.each<[string, () => Promise<string[]>, number, RegExp]>([
  ['a missing file', async () => [join(folder, 'none.mp4')], 3, /none\.mp4.*no such file/],
  ['a directory', async () => [folder], 3, /directory/],
  ['an empty file', async () => [await fileOf('empty.mp4', '')], 3, /empty/],
  [
    'text named .mp4',
    async () => [await fileOf('text.mp4', 'To be or not to be. '.repeat(99))],
    3,
    /text\.mp4/,
  ],
  [
    'audio only',
    async () => {
      const path = join(folder, 'audio.mp4')
      await ffmpeg('-f', 'lavfi', '-i', 'sine=duration=1', path)
      return [path]
    },
    3,
    /audio\.mp4.*video/,
  ],
  ['a truncated video', async () => [await truncated(), ...quick], 3, /cut\.mp4.*frames.*readable/],
  [
    'a video without players',
    async () => [await drawClip(join(folder, 'gray.mp4'), { size: '320x180', frames: 20 })],
    3,
    /[Nn]o player.*--confidence/,
  ],
  [
    'a missing file and a model that is not there: the file',
    async () => [join(folder, 'none.mp4'), '--model', join(folder, 'none.onnx')],
    3,
    /none\.mp4.*no such file/,
  ],
  ['a model that is not there', async () => [video, '--model', join(folder, 'none.onnx')], 3, /none\.onnx/],
  [
    'a corrupt model',
    async () => {
      const copy = join(folder, 'models')
      await mkdir(copy, { recursive: true })
      const bytes = await readFile(join(models, 'nanodet.onnx'))
      bytes[bytes.length >> 1]! ^= 1
      await writeFile(join(copy, 'nanodet.onnx'), bytes)
      await copyFile(join(models, 'models.json'), join(copy, 'models.json'))
      return [video, '--model', join(copy, 'nanodet.onnx')]
    },
    3,
    /sha256.*corrupt/,
  ],
  ['an unknown option', async () => [video, '--color', 'red'], 2, /unknown option '--color'/],
  [
    'an option out of range',
    async () => [video, '--confidence', '7'],
    2,
    /Expected a number.*--confidence.*7/,
  ],
  ['an option that is no number', async () => [video, '--fps', 'fast'], 2, /Expected a number.*--fps/],
  ['two ways of sampling', async () => [video, '--fps', '2', '--every', '3'], 2, /one way of sampling/],
  ['no video', async () => [], 2, /missing required argument 'video'/],
  ['an unknown class', async () => [video, '--classes', 'unicorn'], 2, /class.*'unicorn'/],
])('%s ends with a clear one-line error and leaves no files', async (_, arrange, code, message) => {
  // Otherwise a user would see a stack trace, a hang, or a folder that looks like a result.
  const out = newOut()
  const args = await arrange()
  const ended = await cropstream(...args, '--out', out)
  expect(ended.stderr).toMatch(message)
  expect(ended.stderr).not.toMatch(/^ {4}at /m)
  expect(ended.code).toBe(code)
  expect(
    ended.stderr
      .trim()
      .split('\n')
      .filter(line => line.startsWith('cropstream: ') || /^error: /.test(line)),
  ).toHaveLength(1)
  expect(await exists(out)).toBe(false)
  if (args[0] !== undefined) expect(await ffmpegsOn(args[0])).toEqual([])
})

test('--save-frames does not make a dataset from a video without players', async () => {
  // Otherwise an empty dataset would be published as a success.
  const [gray, out] = [await drawClip(join(folder, 'gray2.mp4'), { size: '320x180', frames: 20 }), newOut()]
  const ended = await cropstream(gray, ...quick, '--save-frames', '--out', out)
  expect(ended.code).toBe(3)
  expect(ended.stderr).toMatch(/No player was found/)
  expect((await readdir(out, { recursive: true })).filter(path => path.includes('manifest'))).toEqual([])
})

test('an output folder that cannot be written ends with one line and exit code 4', async () => {
  // Otherwise an hour of work would be lost, or a raw file system error be shown.
  const out = await fileOf('file-in-the-way', '')
  const ended = await cropstream(video, '--out', out)
  expect(ended.code).toBe(4)
  expect(ended.stderr).toMatch(/Cannot write .*file-in-the-way.*choose another --out/)
})

test('an output folder where nothing can be created ends with one line and exit code 4', async () => {
  // Otherwise the program would try for ever, as Node does in /proc.
  const ended = await cropstream(video, '--out', '/proc/none/out')
  expect(ended.code).toBe(4)
  expect(ended.stderr).toMatch(/Cannot write \/proc\/none\/out.*choose another --out/)
})

test('warnings say which stream is read, and when the size of the pictures changes', async () => {
  // Otherwise a user would not know why crops are blurred, or that another stream is there.
  const part = (path: string, size: string, ...output: string[]) =>
    ffmpeg('-i', video, '-t', '1', '-an', '-vf', `scale=${size}`, '-c:v', 'libx264', ...output, path)
  const [first, second, small] = [1, 2, 3].map(n => join(folder, `size-${n}.ts`)) as [string, string, string]
  await part(first, '640:360')
  await part(second, '320:180', '-output_ts_offset', '1')
  await part(small, '160:90')
  const large = join(folder, 'sizes.ts')
  await ffmpeg('-i', `concat:${first}|${second}`, '-c', 'copy', large)
  const path = join(folder, 'sizes.mkv')
  await ffmpeg('-i', small, '-i', large, '-map', '0', '-map', '1', '-c', 'copy', path)
  const { stderr } = await cropstream(path, ...quick, '--fps', '2', '--out', newOut())
  expect(stderr.split('\n').filter(line => line.startsWith('warning: '))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/2 video streams .*: stream 1 is read; --video-stream chooses another$/),
      expect.stringMatching(/changes at 1\.0\d s: all frames are scaled to 640x360$/),
    ]),
  )
})

test('as JSON, every line has the ids of the run and the video, and the last line has the result', async () => {
  // Otherwise the logs of a thousand games could not be distinguished, or parsed by a program.
  const args = [...quick, '--run-guid', 'mine', '--log-format', 'json']
  const { code, stdout, stderr } = await cropstream(video, '--out', newOut(), ...args)
  expect([code, stdout]).toEqual([0, ''])
  const lines = stderr
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  for (const line of lines) {
    expect(line).toMatchObject({ run_guid: 'mine', video, msg: expect.any(String) })
    expect(line.level).toMatch(/^(info|warn)$/)
    expect(Number.isNaN(Date.parse(line.time))).toBe(false)
    expect(line.video_guid).toMatch(/^[0-9a-f-]{36}$/)
  }
  expect(lines.at(-1)).toMatchObject({
    msg: 'done',
    frames: 3,
    steps: { detect: { in: 3, work_seconds: expect.any(Number), wait_seconds: expect.any(Number) } },
    bottleneck: expect.stringMatching(/^Bound by /),
    peak_bytes: expect.any(Number),
  })
})

test('as JSON, a failure is one line too, with its exit code', async () => {
  // Otherwise a log collector could not parse the most important line.
  const { code, stderr } = await cropstream(join(folder, 'none.mp4'), '--log-format', 'json')
  expect(code).toBe(3)
  expect(JSON.parse(stderr)).toMatchObject({ level: 'error', exit_code: 3, error: 'InputError' })
})

test('the summary has the counts, work and wait of each step, and the bottleneck of the run', async () => {
  // Otherwise a user could not see where the time goes, or what to change.
  const args = [...quick, '--out', newOut()]
  const { stdout, stderr } = await cropstream(video, ...args)
  expect(stdout).toMatch(/step +│ +in │ +out │ work s │ wait s │ share │ dropped/)
  expect(stdout).toMatch(/detect +│ +3 │ +\d+ │ +[\d.]+ │ +[\d.]+ │ +\d+% │/)
  expect(stdout).toMatch(/peak \d+ MB and \d+ in ffmpeg\nBound by .* would help\.\n/)
  expect(stderr).toMatch(/match\.mp4: 640x360.*of which 3 are sampled; writing to/)
})

test('--quiet prints nothing on success', async () => {
  // Otherwise a cron job would send an e-mail for each game.
  const args = [...quick, '--quiet', '--out', newOut()]
  expect(await cropstream(video, ...args)).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('an existing run is not mixed with a run with other options', async () => {
  // Otherwise crops of different options would be in one dataset.
  const out = newOut()
  const args = [video, '--out', out, '--run-guid', 'mine', ...quick]
  expect(await cropstream(...args)).toMatchObject({ code: 0 })
  const again = await cropstream(...args, '--jpeg-quality', '80')
  expect(again.code).toBe(2)
  expect(again.stderr).toMatch(/started with --jpeg-quality 95, which is 80 now.*--run-guid/)
})

test('--lenient uses the readable frames of a truncated video and reports their number', async () => {
  // Otherwise one lost minute would cost the whole game, or be lost silently.
  const ended = await cropstream(...[await truncated(), '--lenient', '--out', newOut()], ...quick)
  expect(ended.code).toBe(0)
  const [, read, of] =
    /not all of the video could be read, .+: (\d+) of its (\d+) frames exist/.exec(ended.stdout) ?? []
  expect(Number(read)).toBeGreaterThan(15)
  expect(Number(read)).toBeLessThan(40)
  expect(of).toBe('50')
  expect(ended.stderr).toContain('warning: not all of the video could be read, its end is missing')
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s finishes the frames in progress, reports the run as incomplete and leaves no manifest',
  async signal => {
    // Otherwise stopping a run would lose finished images, leave ffmpeg behind, or look like success.
    const out = newOut()
    // Long enough to be still running when the signal arrives.
    const long = join(folder, `long-${signal}.mp4`)
    await ffmpeg('-stream_loop', '5', '-i', video, '-c', 'copy', long)
    const child = spawn(process.execPath, [graph, long, '--every', '1', ...smallFlags, '--out', out], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      // This line is printed when the graph starts.
      if (!stderr.includes(out) && (stderr + text).includes(out)) child.kill(signal)
      stderr += text
    })
    const code = await new Promise(resolve => child.once('close', resolve))
    expect(code).toBe(130)
    expect(stderr).toMatch(/Interrupted after \d+ of 300 frames: .*incomplete/)
    const files = (await exists(out)) ? (await readdir(out, { recursive: true })).map(String) : []
    expect(files.filter(path => /manifest|\.tmp$/.test(path))).toEqual([])
    expect(await ffmpegsOn(long)).toEqual([])
  },
)

test('help lists every option under the heading of its step, the most used first', async () => {
  // Otherwise an option could be undocumented, or hard to find among fifty others.
  const { stdout, code } = await cropstream('--help')
  expect(code).toBe(0)
  const headings = [...stdout.matchAll(/^([A-Z][\w ./-]*):$/gm)].map(([, heading]) => heading)
  expect(headings.slice(0, 3)).toEqual(['Arguments', 'Options', 'Most used'])
  expect(headings).toEqual(expect.arrayContaining(['Detect', 'Track', 'Images', 'Cloud storage']))
  expect(new Set(headings).size).toBe(headings.length)
  const flags = new Set([...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag))
  for (const [key, { default: standard }] of Object.entries(settings)) {
    expect(flags).toContain(standard === true ? flagOf(key).replace('--', '--no-') : flagOf(key))
  }
})

test('the options in the README exist and have the documented defaults', async () => {
  // Otherwise the README would be wrong.
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| `--([\w-]+)[^|]*\| *`?([^|`]*?)`? *\|/gm)]
  expect(rows.length).toBeGreaterThanOrEqual(9)
  for (const [, flag = '', standard = ''] of rows) {
    const setting = Object.entries(settings).find(([key]) => flagOf(key) === `--${flag}`)?.[1]
    expect(setting, flag).toBeDefined()
    if (setting?.default !== undefined && setting.default !== false)
      expect(`${setting.default}`).toBe(standard)
  }
})

test('--version prints the version', async () => {
  // Otherwise a bug report could not name the version.
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(await cropstream('--version')).toMatchObject({ code: 0, stdout: `${version}\n` })
})
