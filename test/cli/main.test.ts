import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { settings } from '../../dist/graph.js'
import { flagOf } from '../../dist/settings/configure.js'
import { drawClip, ffmpeg } from '../support/clips.js'

const graph = fileURLToPath(new URL('../../dist/graph.js', import.meta.url))
const models = fileURLToPath(new URL('../../models', import.meta.url))
let folder: string
/** A copy of our own: other tests read the match at the same time, and we look for processes that still do. */
let video: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
  video = join(folder, 'match.mp4')
  await copyFile(inject('match').video, video)
})
afterAll(() => rm(folder, { recursive: true }))

/** A run that takes little more than its start. */
const quick = ['--fps', '0.5', '--augment', '0', '--workers', '1', '--input-size', '640']

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
/** A file of some name with the given bytes. */
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
/** Processes of ours that still run. */
const ffmpegsOn = async (path: string) => {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const commands = await Promise.all(
    pids.map(pid => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  )
  return commands.filter(command => /ffmpeg|ffprobe/.test(command) && command.includes(path))
}

async function truncated() {
  const path = join(folder, `${made++}-cut.mp4`)
  // With its index at the front, so that a file that lost its end can still be opened.
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
  ['a truncated video', async () => [await truncated()], 3, /cut\.mp4.*frames.*readable/],
  [
    'a video without players',
    async () => [await drawClip(join(folder, 'grey.mp4'), { size: '320x180', frames: 20 })],
    3,
    /[Nn]o player.*--confidence/,
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
])('%s ends with one clear line and leaves nothing', async (_, arrange, code, message) => {
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

test('frames that are kept do not make a dataset of a video without players', async () => {
  // Otherwise an empty dataset would be published as a success.
  const [grey, out] = [await drawClip(join(folder, 'grey2.mp4'), { size: '320x180', frames: 20 }), newOut()]
  const ended = await cropstream(grey, '--fps', '1', '--save-frames', '--out', out)
  expect(ended.code).toBe(3)
  expect(ended.stderr).toMatch(/No player was found/)
  expect((await readdir(out, { recursive: true })).filter(path => path.includes('manifest'))).toEqual([])
})

test('an output folder that cannot be written ends with one line and exit code 4', async () => {
  // Otherwise an hour of work would end in nothing, or an error of the file system be shown raw.
  const out = await fileOf('file-in-the-way', '')
  const ended = await cropstream(video, '--out', out)
  expect(ended.code).toBe(4)
  expect(ended.stderr).toMatch(/Cannot write .*file-in-the-way.*choose another --out/)
})

/** A file system of two megabytes, where this machine lets us make one. */
function smallDisk(): { path: string; remove: () => void } | undefined {
  const path = join(folder, `disk-${made++}`)
  mkdirSync(path)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'cropstream-test', path])
  if (mounted.status !== 0) return undefined
  return { path, remove: () => spawnSync('umount', [path]) }
}

test('a disk that becomes full ends with one line and exit code 4, without a manifest', async context => {
  // Otherwise a dataset with holes could be taken for whole.
  const disk = smallDisk()
  if (disk === undefined) {
    console.warn('SKIPPED: the test of a full disk, which needs the right to mount a tmpfs')
    return context.skip()
  }
  try {
    const ended = await cropstream(video, '--out', disk.path)
    expect(ended.code).toBe(4)
    expect(ended.stderr).toMatch(/Cannot write .*the disk is full; free some space/)
    const left = (await readdir(disk.path, { recursive: true })).map(String)
    expect(left.filter(path => /manifest|\.tmp$/.test(path))).toEqual([])
  } finally {
    disk.remove()
  }
})

test('as JSON, every line says which run and video it is about, and the last what was made', async () => {
  // Otherwise the logs of a thousand games could not be told apart, or read by a program.
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
  // Otherwise the one line that matters would be the one that a log collector cannot read.
  const { code, stderr } = await cropstream(join(folder, 'none.mp4'), '--log-format', 'json')
  expect(code).toBe(3)
  expect(JSON.parse(stderr)).toMatchObject({ level: 'error', exit_code: 3, error: 'InputError' })
})

test('the end says what each step did, how long it worked and waited, and what bounded the run', async () => {
  // Otherwise a user could not see where the time goes, or what to change.
  const args = [...quick, '--out', newOut()]
  const { stdout, stderr } = await cropstream(video, ...args)
  expect(stdout).toMatch(/step +│ +in │ +out │ work s │ wait s │ share │ dropped/)
  expect(stdout).toMatch(/detect +│ +3 │ +\d+ │ +[\d.]+ │ +[\d.]+ │ +\d+% │/)
  expect(stdout).toMatch(/peak \d+ MB and \d+ in ffmpeg\nBound by .* would help\.\n/)
  expect(stderr).toMatch(/match\.mp4: 1920x1080.*of which 3 are sampled; writing to/)
})

test('--quiet says nothing when all went well', async () => {
  // Otherwise a cron job would send a letter for each game.
  const args = [...quick, '--quiet', '--out', newOut()]
  expect(await cropstream(video, ...args)).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('a run that was made already is not mixed with another', async () => {
  // Otherwise crops of other options would lie among those of this run.
  const out = newOut()
  const args = [video, '--out', out, '--run-guid', 'mine', ...quick]
  expect(await cropstream(...args)).toMatchObject({ code: 0 })
  const again = await cropstream(...args, '--quality', '80')
  expect(again.code).toBe(2)
  expect(again.stderr).toMatch(/started with --quality 95, which is 80 now.*--run-guid/)
})

test('--lenient keeps what is readable of a truncated video and says how many frames', async () => {
  // Otherwise one lost minute would cost the whole game, or be lost in silence.
  const ended = await cropstream(
    await truncated(),
    '--lenient',
    '--out',
    newOut(),
    '--fps',
    '2',
    '--augment',
    '0',
  )
  expect(ended.code).toBe(0)
  const [, read, of] = /damaged: (\d+) of its (\d+) frames exist/.exec(ended.stdout) ?? []
  expect(Number(read)).toBeGreaterThan(50)
  expect(Number(read)).toBeLessThan(120)
  expect(of).toBe('150')
  expect(ended.stderr).toContain('warning: the video is damaged')
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s drains, says what is incomplete and leaves no manifest',
  async signal => {
    // Otherwise stopping a run would lose finished images, leave ffmpeg behind, or look like success.
    const out = newOut()
    const child = spawn(process.execPath, [graph, video, '--every', '1', '--out', out], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      // The graph says where it writes to when it begins to run.
      if (!stderr.includes(out) && (stderr + text).includes(out)) child.kill(signal)
      stderr += text
    })
    const code = await new Promise(resolve => child.once('close', resolve))
    expect(code).toBe(130)
    expect(stderr).toMatch(/Interrupted after \d+ of 150 frames: .*incomplete/)
    const files = (await exists(out)) ? (await readdir(out, { recursive: true })).map(String) : []
    expect(files.filter(path => /manifest|\.tmp$/.test(path))).toEqual([])
    expect(await ffmpegsOn(video)).toEqual([])
  },
)

test('help lists every option under the heading of its step, those that matter first', async () => {
  // Otherwise an option could be found only in the code, or not be found among fifty others.
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

test('the options of README exist, and have the defaults that it gives', async () => {
  // Otherwise the first page would promise what is not there.
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
  // Otherwise nobody could say which one has a defect.
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(await cropstream('--version')).toMatchObject({ code: 0, stdout: `${version}\n` })
})
